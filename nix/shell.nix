{
  lib,
  mkShell,
  stdenv,
  ...
}@pkgs:
mkShell {
  packages = [
    pkgs.cargo
    pkgs.cargo-deny
    pkgs.cargo-insta
    pkgs.clippy
    pkgs.curl
    pkgs.go
    pkgs.jq
    pkgs.just
    pkgs.nixfmt
    pkgs.nodejs
    pkgs.python3
    pkgs.rustc
    pkgs.rustfmt
    pkgs.shellcheck
  ];
  # For `just static`.
  buildInputs = lib.optionals stdenv.hostPlatform.isLinux [ pkgs.glibc.static ];
}
