# Not pkgsStatic: no public cache contains its Rust toolchain.
pkgs:
pkgs.rustPlatform.buildRustPackage (
  import ./rust.nix pkgs { files = [ ../crates/worker/src ]; }
  // {
    pname = "picletter-worker";
    cargoBuildFlags = [ "--package=picletter-worker" ];
    # The embedded list of crates would make the worker larger.
    auditable = false;
    buildInputs = [ pkgs.glibc.static ];
    env.RUSTFLAGS = "-C target-feature=+crt-static -C relocation-model=static";
    # The static library of glibc contains paths of the glibc package, such as that of its locales.
    nativeBuildInputs = [ pkgs.nukeReferences ];
    postInstall = "nuke-refs $out/bin/worker";
    allowedReferences = [ ];
    meta = {
      description = "The program that a dyno runs, as one static file";
      mainProgram = "worker";
      platforms = [ "x86_64-linux" ];
    };
  }
)
