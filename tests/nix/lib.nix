# nixpkgs: lib/attrsets.nix, lib/lists.nix, lib/trivial.nix, lib/strings.nix, lib/fileset/default.nix.
rec {
  genAttrs =
    names: make:
    builtins.listToAttrs (
      map (name: {
        inherit name;
        value = make name;
      }) names
    );
  inherit (builtins) concatMap listToAttrs;
  importTOML = path: builtins.fromTOML (builtins.readFile path);
  optionals = condition: list: if condition then list else [ ];
  optionalString = condition: text: if condition then text else "";
  hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
  makeBinPath = packages: builtins.concatStringsSep ":" (map (package: "${package}/bin") packages);
  fileset = {
    unions = paths: paths;
    toSource =
      { root, fileset }:
      let
        within = path: kept: path == kept || hasPrefix "${kept}/" path;
      in
      builtins.path {
        path = root;
        name = "source";
        filter =
          path: _: builtins.any (kept: within path (toString kept) || within (toString kept) path) fileset;
      };
  };
}
