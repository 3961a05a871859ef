# nixpkgs: pkgs/build-support/rust/build-rust-package/default.nix, and the hooks beside it: the target
# is always named, what is built goes to $out/bin. Crates come from /vendor and not one by one.
make:
{
  pname,
  version,
  src,
  cargoLock,
  postPatch ? "",
  postInstall ? "",
  buildNoDefaultFeatures ? false,
  cargoBuildFlags ? [ ],
  auditable ? true,
  buildInputs ? [ ],
  env ? { },
  doCheck ? true,
  allowedReferences ? null,
  meta ? { },
}:
assert builtins.attrNames cargoLock == [ "lockFile" ];
assert !doCheck;
let
  target = "x86_64-unknown-linux-gnu";
  features = if buildNoDefaultFeatures then "--no-default-features" else "";
in
make "${pname}-${version}"
  (
    env
    // {
      inherit src;
    }
    // (if allowedReferences == null then { } else { inherit allowedReferences; })
  )
  ''
    cp -r --no-preserve=mode $src source
    cd source
    cmp ${cargoLock.lockFile} Cargo.lock
    ${postPatch}
    export HOME=$PWD CARGO_HOME=$PWD/.cargo-home
    mkdir -p .cargo
    printf '[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "/vendor"\n' >.cargo/config.toml
    cargo build --release --frozen --target ${target} ${features} ${toString cargoBuildFlags}
    mkdir -p $out/bin
    find target/${target}/release -maxdepth 1 -type f -executable -exec cp -t $out/bin {} +
    ${postInstall}
  ''
// {
  inherit meta;
}
