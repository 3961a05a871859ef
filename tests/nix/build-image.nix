# nixpkgs: pkgs/build-support/docker/default.nix, buildImage, mkPureLayer. Builds a docker-archive with one
# layer. Like the archive of nixpkgs, it has directory entries, files of older formats, read-only files, and
# an indented config with additional fields.
make:
{
  name,
  tag,
  created,
  copyToRoot,
  config,
  compressor ? "gz",
}:
assert compressor == "none";
make "docker-image-${name}.tar"
  {
    config = builtins.toJSON (config // { Env = [ ]; });
    inherit created;
    # pkgs/stdenv/generic/setup.sh
    SOURCE_DATE_EPOCH = "315532800";
  }
  ''
    archive() { tar -C $1 --hard-dereference --sort=name --mtime=@$SOURCE_DATE_EPOCH --owner=0 --group=0 "''${@:2}" -cf - .; }
    sum() { sha256sum $1 | cut -d' ' -f1; }
    cp -rd ${copyToRoot} root
    chmod ug+w root
    archive root >layer.tar
    printf '{"created": "%s"}' "$created" >json
    layer=$(sum json)
    mkdir -p image/$layer
    printf 1.0 >image/$layer/VERSION
    mv json layer.tar image/$layer/
    printf '{\n  "architecture": "amd64",\n  "config": %s,\n  "created": "%s",\n  "os": "linux",\n  "preferLocalBuild": true,\n  "rootfs": {\n    "diff_ids": [\n      "sha256:%s"\n    ],\n    "type": "layers"\n  },\n  "history": [\n    {\n      "created": "%s"\n    }\n  ]\n}\n' \
      "$config" "$created" $(sum image/$layer/layer.tar) "$created" >config.json
    id=$(sum config.json)
    mv config.json image/$id.json
    printf '[\n  {\n    "RepoTags": [\n      "${name}:${tag}"\n    ],\n    "Layers": [\n      "%s/layer.tar"\n    ],\n    "Config": "%s.json"\n  }\n]\n' \
      $layer $id >image/manifest.json
    printf '{"${name}":{"${tag}":"%s"}}' $layer >image/repositories
    chmod -R a-w image
    archive image --xform s:'^./':: >$out
  ''
