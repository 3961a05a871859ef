# nixpkgs: pkgs/build-support/docker/default.nix, buildImage: a docker-archive of one layer.
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
    config = builtins.toJSON config;
    inherit created;
  }
  ''
    tar --sort=name --mtime=@1 --owner=0 --group=0 --numeric-owner --mode=u+w -cf layer.tar -C ${copyToRoot} .
    layer=$(sha256sum layer.tar | cut -d' ' -f1)
    printf '{"architecture":"amd64","os":"linux","created":"%s","config":%s,"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created":"%s"}]}' \
      "$created" "$config" "$layer" "$created" >config.json
    id=$(sha256sum config.json | cut -d' ' -f1)
    mkdir $layer
    mv layer.tar $layer/layer.tar
    mv config.json $id.json
    printf '[{"Config":"%s.json","RepoTags":["${name}:${tag}"],"Layers":["%s/layer.tar"]}]' $id $layer >manifest.json
    tar --sort=name --mtime=@1 --owner=0 --group=0 --numeric-owner -c manifest.json $id.json $layer >$out
  ''
