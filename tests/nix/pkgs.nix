lib: system:
let
  # The machine's own bash, at its path in the sandbox of ci/nix.
  machineBash = "/machine/bin/bash";
  stdenv = import ./stdenv.nix {
    inherit system;
    bash = machineBash;
  };
  # The parts of pkgs/stdenv/generic/make-derivation.nix that the flake uses.
  make =
    name: attributes: script:
    derivation (
      {
        inherit name system;
        builder = machineBash;
        PATH = "${stdenv}/bin";
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
  # A Debian package, identified by its program.
  fromMachine =
    name: runCommand name { } "mkdir -p $out/bin; ln -s /machine/bin/${name} $out/bin/${name}";
  # Programs of the Rust toolchain.
  fromToolchain =
    name: programs:
    runCommand name { } ''
      mkdir -p $out/bin
      for program in ${toString programs}; do ln -s /rust/bin/$program $out/bin/$program; done
    '';
  # Programs that `ci/nix` installs because Debian does not package them.
  fromTools = name: runCommand name { } "mkdir -p $out/bin; ln -s /tools/${name} $out/bin/${name}";
  # A copy, because built scripts also run outside the sandbox.
  bash = runCommand "bash" { } "install -D /machine/bin/bash $out/bin/bash";
  # pkgs/build-support/setup-hooks/patch-shebangs.sh
  patched =
    file: runCommand (baseNameOf file) { } "sed 's|#!/bin/bash|#!${bash}/bin/bash|' ${file} >$out";
  cargo = fromToolchain "cargo" [ "cargo" ];
  rustc = fromToolchain "rustc" [
    "rustc"
    "rustdoc"
  ];
  # A placeholder that evaluates, but fails when it is built.
  absent = name: runCommand name { } "echo '${name} is not available' >&2; exit 1";
  named = make: names: lib.genAttrs names make;
in
# Attributes of pkgs/top-level/all-packages.nix and pkgs/by-name.
named fromMachine [
  "jq"
]
// named fromTools [
  "nixfmt"
]
// named absent [
  "cargo-deny"
  "cargo-insta"
  "clippy"
  "curl"
  "go"
  "just"
  "nixfmt-tree"
  "nodejs"
  "python3"
  "rustfmt"
  "shellcheck"
]
// {
  inherit
    lib
    runCommand
    cargo
    rustc
    ;
  util-linux = fromMachine "script";
  # pkgs/top-level/stage.nix, lib/systems/default.nix
  stdenv.hostPlatform = {
    inherit system;
    isLinux = system == "x86_64-linux" || system == "aarch64-linux";
    rust.rustcTarget = "x86_64-unknown-linux-gnu";
  };
  # pkgs/build-support/mkshell/default.nix
  mkShell =
    { packages, buildInputs }: runCommand "nix-shell" { inherit packages buildInputs; } "touch $out";
  glibc.static = runCommand "glibc-static" { } "mkdir $out";
  # pkgs/build-support/nuke-references/default.nix
  nukeReferences =
    runCommand "nuke-refs" { }
      "install -D ${patched ./nuke-refs.sh} $out/bin/nuke-refs";
  # pkgs/build-support/setup-hooks/make-wrapper.sh: defines the function; a build sources the file.
  makeWrapper = runCommand "make-wrapper" { } "cp ${patched ./make-wrapper.sh} $out";
  rustPlatform.buildRustPackage = import ./build-rust-package.nix {
    inherit
      make
      bash
      cargo
      rustc
      ;
  };
  dockerTools.buildImage = import ./build-image.nix make;
  # pkgs/build-support/trivial-builders/default.nix. Checks the script with shellcheck.
  writeShellApplication =
    {
      name,
      runtimeInputs,
      text,
    }:
    runCommand name { inherit text; } ''
      mkdir -p $out/bin
      printf '#!${bash}/bin/bash\nset -o errexit -o nounset -o pipefail\nexport PATH="%s:$PATH"\n%s\n' \
        ${lib.makeBinPath runtimeInputs} "$text" >$out/bin/${name}
      chmod +x $out/bin/${name}
      /machine/bin/shellcheck $out/bin/${name}
    '';
  # pkgs/build-support/trivial-builders/default.nix
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
