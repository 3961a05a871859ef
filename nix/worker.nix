# Not pkgsStatic: no public cache has its Rust toolchain.
pkgs:
pkgs.rustPlatform.buildRustPackage (
  import ./rust.nix pkgs { files = [ ../crates/worker/src ]; }
  // {
    pname = "picletter-worker";
    cargoBuildFlags = [ "--package=picletter-worker" ];
    # Its list of crates would make the worker larger.
    auditable = false;
    buildInputs = [ pkgs.glibc.static ];
    env.RUSTFLAGS = "-C target-feature=+crt-static -C relocation-model=static";
    # glibc's archive has paths of glibc's output in it, such as that of its locales.
    nativeBuildInputs = [ pkgs.nukeReferences ];
    postInstall = "nuke-refs $out/bin/worker";
    allowedReferences = [ ];
    meta = {
      description = "The job that a dyno runs, as one static program";
      mainProgram = "worker";
      platforms = [ "x86_64-linux" ];
    };
  }
)
