{ dockerTools, runCommand, ... }:
worker:
dockerTools.buildImage {
  name = "worker";
  tag = "latest";
  created = "1970-01-01T00:00:01Z";
  # Its parts are found without unpacking all of it.
  compressor = "none";
  # Copied, so that the layer has the program itself and no link into a store.
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
