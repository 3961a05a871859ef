# Replaces nixpkgs where it cannot be downloaded: the same names and arguments, implemented with the
# machine's toolchain. No function accepts `...`, so an unknown argument is an error. CONTRIBUTING.md
# describes what this tests.
{
  description = "A minimal replacement for nixpkgs";
  outputs =
    { self }:
    let
      lib = import ./lib.nix;
    in
    {
      inherit lib;
      legacyPackages = lib.genAttrs [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
      ] (system: import ./pkgs.nix lib system);
    };
}
