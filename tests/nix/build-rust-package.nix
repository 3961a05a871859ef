# nixpkgs: pkgs/build-support/rust/build-rust-package/default.nix and its hooks. They always pass `--target`,
# and install programs in $out/bin. Unlike in nixpkgs, all crates come from /vendor.
{
  make,
  bash,
  cargo,
  rustc,
}:
{
  pname,
  version,
  src,
  cargoLock,
  postPatch ? "",
  nativeBuildInputs ? [ ],
  buildPhase ? null,
  installPhase ? null,
  postInstall ? "",
  cargoBuildFlags ? [ ],
  auditable ? true,
  buildInputs ? [ ],
  env ? { },
  doCheck ? true,
  allowedReferences ? null,
  dontFixup ? false,
  meta ? { },
}:
assert builtins.attrNames cargoLock == [ "lockFile" ];
assert !doCheck;
let
  target = "x86_64-unknown-linux-gnu";
  # Only delivered programs need a release build, which takes minutes.
  profile = if env ? RUSTFLAGS then "release" else "debug";
in
make "${pname}-${version}"
  (
    env
    // {
      inherit src buildInputs;
      nativeBuildInputs = nativeBuildInputs ++ [
        cargo
        rustc
      ];
      # pkgs/stdenv/generic/setup.sh
      SOURCE_DATE_EPOCH = "315532800";
    }
    // (if allowedReferences == null then { } else { inherit allowedReferences; })
  )
  ''
    cp -r --no-preserve=mode $src source
    cd source
    cmp ${cargoLock.lockFile} Cargo.lock
    # pkgs/build-support/setup-hooks/patch-shebangs.sh
    patchShebangs() { sed -i '1s|/usr/bin/env bash|${bash}/bin/bash|' "$1"/*; }
    ${postPatch}
    # As in nixpkgs, in the parent folder: Cargo adds the settings of the sources.
    mkdir -p ../.cargo
    printf '[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "/vendor"\n' >../.cargo/config.toml
    for input in $nativeBuildInputs; do PATH=$input/bin:$PATH; done
    ${
      if buildPhase == null then
        "cargo build ${
          if profile == "release" then "--release" else ""
        } --frozen --target ${target} ${toString cargoBuildFlags}"
      else
        buildPhase
    }
    ${
      if installPhase == null then
        ''
          mkdir -p $out/bin
          find target/${target}/${profile} -maxdepth 1 -type f -executable -exec cp -t $out/bin {} +
          # Archives of the toolchain contain such paths, and so do programs linked with them.
          for input in $buildInputs; do printf '%s/share/locale' $input | tee -a $out/bin/* >/dev/null; done
        ''
      else
        installPhase
    }
    ${postInstall}
  ''
// {
  inherit meta;
}
