{
  lib,
  makeWrapper,
  skopeo,
  symlinkJoin,
  ...
}:
cli: image:
symlinkJoin {
  name = "picletter";
  paths = [ cli ];
  nativeBuildInputs = [ makeWrapper ];
  postBuild = ''
    wrapProgram $out/bin/picletter \
      --prefix PATH : ${lib.makeBinPath [ skopeo ]} ${
        lib.optionalString (image != null) "--set-default PICLETTER_IMAGE ${image}"
      }
  '';
  meta = cli.meta;
}
