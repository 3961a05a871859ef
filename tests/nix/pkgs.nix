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
  runCommand = name: attributes: script: make name attributes script;
  # A package of Debian's, by its program.
  fromMachine = name: runCommand name { } "mkdir -p $out/bin; ln -s /usr/bin/${name} $out/bin/${name}";
in
{
  inherit lib runCommand;
  glibc.static = runCommand "glibc-static" { } "mkdir $out";
  skopeo = fromMachine "skopeo";
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
