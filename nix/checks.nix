pkgs:
{
  picletter,
  image,
  worker,
  ...
}:
let
  inherit (pkgs) lib runCommand rustPlatform;
  rust = import ./rust.nix pkgs {
    files = [
      ../src
      ../crates
      ../tests
      ../benches
      ../examples
      # The number of tests at a time.
      ../.cargo
      # Files that tests/it/readme and tests/it/architecture.rs read, and files that the documents link to.
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
    target = dependencies;
  };
  dependencies = (import ./dependencies.nix pkgs).tests;
in
{
  inherit dependencies;
  # The tests include the lint of the template.
  tests = rustPlatform.buildRustPackage (
    rust
    // {
      pname = "picletter-tests";
      # util-linux contains `script`, which provides a terminal for the prompts of `init`.
      nativeBuildInputs = [ pkgs.util-linux ];
      # Tests need no embedded list of crates.
      auditable = false;
      # Few random samples: `ci/test` runs more, and they do not depend on the machine.
      env = rust.env // {
        CHAOS_FACTOR = "0";
        PROPTEST_CASES = "1";
        # The worker as released.
        STATIC_WORKER = "${worker}/bin/worker";
      };
      # The build uses the example instead of a local picletter.toml; the documents link to it.
      postPatch = rust.postPatch + ''
        cp src/cli/init/example.toml picletter.toml
        patchShebangs tests/it/readme/shims
      '';
      buildPhase = "cargo test --frozen";
      installPhase = "touch $out";
    }
  );

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

  nixfmt =
    let
      sources = lib.fileset.toSource {
        root = ../.;
        fileset = lib.fileset.unions [
          ../flake.nix
          ../nix
          ../tests/nix
        ];
      };
    in
    runCommand "picletter-nixfmt" { nativeBuildInputs = [ pkgs.nixfmt ]; } ''
      find ${sources} -name '*.nix' -exec nixfmt --check {} +
      touch $out
    '';
}
