# The worker's crates as CycloneDX, by the lock file.
pkgs:
pkgs.rustPlatform.buildRustPackage (
  import ./rust.nix pkgs (import ./worker-files.nix)
  // {
    pname = "picletter-worker-sbom";
    auditable = false;
    nativeBuildInputs = [ pkgs.cargo-cyclonedx ];
    # SOURCE_DATE_EPOCH, which every build has, is its date, and keeps a random serial number out.
    buildPhase = ''
      CARGO_NET_OFFLINE=true cargo cyclonedx --format json --no-default-features \
        --target x86_64-unknown-linux-gnu --override-filename sbom
    '';
    installPhase = "cp sbom.json $out";
    meta.description = "What the worker is made of, as CycloneDX";
  }
)
