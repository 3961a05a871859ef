pkgs:
pkgs.rustPlatform.buildRustPackage (
  import ./rust.nix pkgs {
    files = [
      ../src
      ../crates/core/logic-app
      ../crates/core/src
      ../crates/logic-apps/src
      ../crates/oci/src
      ../crates/sandbox/src
      ../crates/worker/src
    ];
    # Without a common build directory, Cargo would compile everything again.
    target = if pkgs.stdenv.hostPlatform.isLinux then (import ./dependencies.nix pkgs).cli else null;
  }
  // {
    pname = "picletter-cli";
    # `try` runs the worker installed next to it.
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
      description = "Deploys and monitors scheduled jobs on Heroku";
      mainProgram = "picletter";
    };
  }
)
