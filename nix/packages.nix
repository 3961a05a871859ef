pkgs: dynoPkgs: rec {
  default = picletter;
  worker = import ./worker.nix dynoPkgs;
  image = import ./image.nix dynoPkgs worker;
  sbom = import ./sbom.nix dynoPkgs;
  # A machine that may be unable to build the image gets it when it pushes one, in apps.nix.
  picletter = import ./picletter.nix pkgs (import ./cli.nix pkgs) (
    if pkgs.stdenv.hostPlatform.system == "x86_64-linux" then image else null
  );
}
