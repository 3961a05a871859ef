{
  description = "Scheduled jobs on Heroku, paid by the second and started by an Azure Logic App";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
      ];
      eachSystem = nixpkgs.lib.genAttrs systems;
      pkgsOf = system: nixpkgs.legacyPackages.${system};
      # Heroku runs only this system, so every machine builds the image for it.
      dynoPkgs = pkgsOf "x86_64-linux";
    in
    {
      packages = eachSystem (system: import ./nix/packages.nix (pkgsOf system) dynoPkgs);
      apps = eachSystem (
        system: import ./nix/apps.nix (pkgsOf system) self.packages.${system} self.outPath
      );
      checks.x86_64-linux = import ./nix/checks.nix dynoPkgs self.packages.x86_64-linux;
      devShells = eachSystem (system: {
        default = import ./nix/shell.nix (pkgsOf system);
      });
      formatter = eachSystem (system: (pkgsOf system).nixfmt-tree);
    };
}
