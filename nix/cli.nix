{ lib, rustPlatform, ... }:
rustPlatform.buildRustPackage {
  pname = "picletter-cli";
  version = (lib.importTOML ../Cargo.toml).package.version;
  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../Cargo.toml
      ../Cargo.lock
      ../src
      ../logic-app
      # The example that `picletter init` writes.
      ../picletter.toml
    ];
  };
  cargoLock.lockFile = ../Cargo.lock;
  postPatch = import ./targets.nix;
  # The worker beside it is what `try` runs.
  cargoBuildFlags = [ "--bins" ];
  doCheck = false;
  postInstall = ''
    mkdir -p $out/share/man/man1 $out/share/bash-completion/completions
    mkdir -p $out/share/zsh/site-functions $out/share/fish/vendor_completions.d
    $out/bin/picletter man $out/share/man/man1
    $out/bin/picletter completions bash >$out/share/bash-completion/completions/picletter
    $out/bin/picletter completions zsh >$out/share/zsh/site-functions/_picletter
    $out/bin/picletter completions fish >$out/share/fish/vendor_completions.d/picletter.fish
  '';
  meta = {
    description = "Deploys and looks after scheduled jobs on Heroku";
    mainProgram = "picletter";
  };
}
