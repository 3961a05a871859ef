pkgs:
{
  picletter,
  image,
  worker,
  ...
}:
let
  inherit (pkgs) lib runCommand rustPlatform;
  dependencies = import ./dependencies.nix pkgs;
  lint = ../ci/lint;
  code = [
    ../src
    ../crates
    ../tests
    ../benches
    ../examples
    ../clippy.toml
    ../rustfmt.toml
  ];
  # Files that tests/it/readme and tests/it/architecture.rs read, and files that the documents link to.
  documents = [
    ../LICENSE-APACHE
    ../LICENSE-MIT
    ../README.md
    ../CONTRIBUTING.md
    ../CHANGELOG.md
    ../SECURITY.md
    ../docs
    ../nix
    ../ci
    ../.github
  ];
  cargoWith =
    target: files: name: nativeBuildInputs: script:
    let
      rust = import ./rust.nix pkgs {
        files = code ++ files;
        inherit target;
      };
    in
    rustPlatform.buildRustPackage (
      rust
      // {
        pname = "picletter-${name}";
        inherit nativeBuildInputs;
        # The wrapper of cargo-auditable would hide clippy from cargo.
        auditable = false;
        # The build uses the example instead of a local picletter.toml; the documents link to it.
        postPatch = rust.postPatch + ''
          cp src/cli/init/example.toml picletter.toml
          patchShebangs tests/it/readme/shims
        '';
        buildPhase = script;
        installPhase = "touch $out";
      }
    );
  cargo = cargoWith dependencies.checks [ ];
  files =
    fileset:
    lib.fileset.toSource {
      root = ../.;
      inherit fileset;
    };
in
{
  dependencies = dependencies.checks;
  fmt = cargoWith null [ ] "fmt" [ pkgs.rustfmt ] "bash ${lint} fmt";
  clippy = cargo "clippy" [ pkgs.clippy ] "bash ${lint} clippy";
  docs = cargo "docs" [ ] "bash ${lint} docs";
  # util-linux contains `script`, which provides a terminal for the prompts of `init`. The tests include
  # the lint of the template.
  tests = cargoWith dependencies.checks documents "tests" [ pkgs.util-linux ] "cargo test --frozen";

  template = runCommand "picletter-template" { nativeBuildInputs = [ picletter ]; } ''
    picletter check --config ${../src/cli/init/example.toml}
    picletter template --config ${../src/cli/init/example.toml} --out $out
  '';

  image =
    runCommand "picletter-image"
      {
        nativeBuildInputs = [ pkgs.jq ];
      }
      ''
        bash ${../ci/nix-archive} ${image} ${worker}/bin/worker
        touch $out
      '';

  shellcheck =
    let
      scripts = files (
        lib.fileset.unions [
          ../.ci
          ../ci
          ../benches/compare/shell
          ../tests/it/readme/shims
          ../tests/nix/make-wrapper.sh
          ../tests/nix/nuke-refs.sh
        ]
      );
    in
    runCommand "picletter-shellcheck" { nativeBuildInputs = [ pkgs.shellcheck ]; } ''
      cd ${scripts}
      bash ${lint} shellcheck
      touch $out
    '';

  nixfmt =
    let
      sources = files (
        lib.fileset.unions [
          ../flake.nix
          ../nix
          ../tests/nix
        ]
      );
    in
    runCommand "picletter-nixfmt" { nativeBuildInputs = [ pkgs.nixfmt ]; } ''
      find ${sources} -name '*.nix' -exec nixfmt --check {} +
      touch $out
    '';
}
