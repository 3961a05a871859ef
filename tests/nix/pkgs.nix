lib: system:
let
  # pkgs/stdenv/generic/make-derivation.nix, as little of it as is needed.
  make =
    name: attributes: script:
    derivation (
      {
        inherit name system;
        builder = "/bin/bash";
        PATH = "/rust/bin:/usr/bin:/bin";
        args = [
          "-euo"
          "pipefail"
          "-c"
          script
        ];
      }
      // attributes
    );
  # pkgs/build-support/trivial-builders/default.nix
  runCommand =
    name: attributes: script:
    make name attributes ''
      for input in ''${nativeBuildInputs-}; do PATH=$input/bin:$PATH; done
      ${script}
    '';
  # A package of Debian's, by its program.
  fromMachine = name: runCommand name { } "mkdir -p $out/bin; ln -s /usr/bin/${name} $out/bin/${name}";
  # A program of the Rust toolchain.
  fromToolchain = name: runCommand name { } "mkdir -p $out/bin; ln -s /rust/bin/${name} $out/bin/${name}";
  # It evaluates, and whoever runs it is told.
  absent = name: runCommand name { } "echo '${name} is not had here' >&2; exit 1";
  named = make: names: lib.genAttrs names make;
in
# Attributes of pkgs/top-level/all-packages.nix and pkgs/by-name.
named fromMachine [
  "curl"
  "jq"
  "shellcheck"
  "skopeo"
]
// named fromToolchain [
  "cargo"
  "rustc"
  "rustfmt"
]
// named absent [
  "cargo-cyclonedx"
  "cargo-deny"
  "cargo-insta"
  "go"
  "just"
  "nixfmt"
  "nixfmt-tree"
  "nodejs"
  "python3"
]
// {
  inherit lib runCommand;
  clippy = fromToolchain "cargo-clippy";
  util-linux = fromMachine "script";
  # pkgs/top-level/stage.nix, lib/systems/default.nix
  stdenv.hostPlatform = {
    inherit system;
    isLinux = system == "x86_64-linux" || system == "aarch64-linux";
  };
  # pkgs/build-support/mkshell/default.nix
  mkShell =
    { packages, buildInputs }: runCommand "nix-shell" { inherit packages buildInputs; } "touch $out";
  glibc.static = runCommand "glibc-static" { } "mkdir $out";
  # pkgs/build-support/nuke-references/default.nix
  nukeReferences = runCommand "nuke-refs" { } "install -D ${./nuke-refs.sh} $out/bin/nuke-refs";
  # pkgs/build-support/setup-hooks/make-wrapper.sh: its function, as a file to read.
  makeWrapper = runCommand "make-wrapper" { } "cp ${./make-wrapper.sh} $out";
  rustPlatform.buildRustPackage = import ./build-rust-package.nix make;
  dockerTools.buildImage = import ./build-image.nix make;
  # pkgs/build-support/trivial-builders/default.nix: it checks the script by shellcheck.
  writeShellApplication =
    {
      name,
      runtimeInputs,
      text,
    }:
    runCommand name { inherit text; } ''
      mkdir -p $out/bin
      printf '#!/bin/bash\nset -o errexit -o nounset -o pipefail\nexport PATH="%s:$PATH"\n%s\n' \
        ${lib.makeBinPath runtimeInputs} "$text" >$out/bin/${name}
      chmod +x $out/bin/${name}
      shellcheck $out/bin/${name}
    '';
  # The same file.
  symlinkJoin =
    {
      name,
      paths,
      nativeBuildInputs ? [ ],
      postBuild ? "",
      meta ? { },
    }:
    runCommand name { } ''
      for hook in ${toString nativeBuildInputs}; do . $hook; done
      mkdir $out
      for path in ${toString paths}; do cp -rs --no-preserve=mode $path/. $out/; done
      ${postBuild}
    ''
    // {
      inherit meta;
    };
}
