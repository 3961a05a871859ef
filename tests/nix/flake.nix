# Stands in for nixpkgs where it cannot be downloaded: its names and argument shapes, made of the
# machine's own toolchain. No function here has `...`, so an argument that it does not know is an
# error. CONTRIBUTING.md says what that proves.
{
  description = "A stand-in for nixpkgs";
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
