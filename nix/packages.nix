pkgs: dynoPkgs: rec {
  default = picletter;
  worker = import ./worker.nix dynoPkgs;
  image = import ./image.nix dynoPkgs worker;
  picletter = import ./picletter.nix pkgs (import ./cli.nix pkgs) image;
}
