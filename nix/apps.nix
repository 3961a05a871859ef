{
  lib,
  stdenv,
  writeShellApplication,
  ...
}:
{ picletter, image, ... }:
source:
let
  # Where this system is not the image's, Nix builds it when it is needed, by a Linux builder.
  built = lib.optionalString (stdenv.hostPlatform.system != image.system) ''
    if [[ -z ''${PICLETTER_IMAGE-} ]]; then
      nix --extra-experimental-features 'nix-command flakes' build --no-link \
        '${source}#packages.${image.system}.image' || {
        echo "picletter: the image could not be built: this machine needs a Linux builder (https://nixos.org/manual/nixpkgs/stable/#sec-darwin-builder), or PICLETTER_IMAGE the path of an image built on Linux by \`nix build .#image\`" >&2
        exit 1
      }
      export PICLETTER_IMAGE=${builtins.unsafeDiscardStringContext "${image}"}
    fi
  '';
  app = before: name: description: {
    type = "app";
    program = "${
      writeShellApplication {
        name = "picletter-${name}";
        runtimeInputs = [ picletter ];
        text = before + ''exec picletter ${name} "$@"'';
      }
    }/bin/picletter-${name}";
    meta.description = description;
  };
  command = app "";
  commandWithImage = app built;
in
rec {
  default = try;
  try = command "try" "Run the Logic App and the worker on this machine, and show the mail";
  preview = command "preview" "Compose today's mail from the live sources without sending it";
  push = commandWithImage "push" "Push the image, and nothing else";
  deploy = commandWithImage "deploy" "Bring Heroku and Azure to what picletter.toml says";
  run = command "run" "Start a run now and follow it";
  status = command "status" "Show how the schedule goes";
  destroy = command "destroy" "Remove what deploy has made";
  schedule = command "schedule" "Show when the job will run";
}
