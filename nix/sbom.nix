# The worker's crates, as CycloneDX. Other tools read Cargo's metadata, which contains the features
# enabled by the whole workspace, and thus crates that the worker does not contain.
pkgs:
let
  inherit (pkgs) lib;
  checksums = lib.listToAttrs (
    map (package: {
      name = "pkg:cargo/${package.name}@${package.version}";
      value = package.checksum or null;
    }) (lib.importTOML ../Cargo.lock).package
  );
in
pkgs.rustPlatform.buildRustPackage (
  import ./rust.nix pkgs { files = [ ]; }
  // {
    pname = "picletter-worker-sbom";
    auditable = false;
    nativeBuildInputs = [ pkgs.jq ];
    buildPhase = ''
      cargo tree --frozen --package picletter-worker --target x86_64-unknown-linux-gnu \
        --edges normal,build --no-dedupe --prefix depth --format '|{p}|{l}|{r}' >tree
      jq --raw-input --null-input --from-file ${./sbom.jq} \
        --slurpfile checksums ${builtins.toFile "checksums.json" (builtins.toJSON checksums)} \
        tree >sbom.json
    '';
    installPhase = "cp sbom.json $out";
    meta.description = "The worker's crates, as CycloneDX";
  }
)
