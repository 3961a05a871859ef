{
  lib,
  makeWrapper,
  symlinkJoin,
  ...
}:
cli: image:
symlinkJoin {
  name = "picletter";
  paths = [ cli ];
  nativeBuildInputs = [ makeWrapper ];
  postBuild = lib.optionalString (image != null) ''
    wrapProgram $out/bin/picletter --set-default PICLETTER_IMAGE ${image}
  '';
  meta = cli.meta;
}
