{ dockerTools, runCommand, ... }:
worker:
dockerTools.buildImage {
  name = "worker";
  tag = "latest";
  created = "1970-01-01T00:00:01Z";
  # Uncompressed, so that its parts can be read without unpacking the archive.
  compressor = "none";
  # Copied, so that the layer contains the program instead of a link into the store.
  copyToRoot = runCommand "worker-root" { } ''
    mkdir -p $out/bin
    cp ${worker}/bin/worker $out/bin/worker
    ln -s worker $out/bin/sh
    ln -s worker $out/bin/bash
  '';
  config = {
    Entrypoint = [ "/bin/worker" ];
    Cmd = [ "worker" ];
  };
}
