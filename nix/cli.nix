pkgs:
pkgs.rustPlatform.buildRustPackage (
  import ./rust.nix pkgs {
    files = [
      ../src
      ../logic-app
      ../crates/logic-apps/src
      ../crates/oci/src
      ../crates/sandbox/src
      ../crates/worker/src
    ];
    # Where builds have no folder in common, Cargo would compile all of it again.
    target = if pkgs.stdenv.hostPlatform.isLinux then (import ./dependencies.nix pkgs).cli else null;
  }
  // {
    pname = "picletter-cli";
    # The worker beside it is what `try` runs.
    cargoBuildFlags = [
      "--package=picletter"
      "--bins"
    ];
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
)
