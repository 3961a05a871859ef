pkgs: dynoPkgs: rec {
  default = picletter;
  worker = import ./worker.nix dynoPkgs;
  image = import ./image.nix dynoPkgs worker;
  sbom = import ./sbom.nix dynoPkgs;
  # Other systems may be unable to build the image; apps.nix builds it when it is pushed.
  picletter = import ./picletter.nix pkgs (import ./cli.nix pkgs) (
    if pkgs.stdenv.hostPlatform.system == "x86_64-linux" then image else null
  );
}
