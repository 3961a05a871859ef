{
  lib,
  stdenv,
  writeShellApplication,
  ...
}:
{ picletter, image, ... }:
source:
let
  # On a system other than the image's, a Linux builder builds the image when it is needed.
  built = lib.optionalString (stdenv.hostPlatform.system != image.system) ''
    if [[ -z ''${PICLETTER_IMAGE-} ]]; then
      nix --extra-experimental-features 'nix-command flakes' build --no-link \
        '${source}#packages.${image.system}.image' || {
        echo "picletter: cannot build the image; set up a Linux builder (https://nixos.org/manual/nixpkgs/stable/#sec-darwin-builder), or set PICLETTER_IMAGE to the path of an image built on Linux with \`nix build .#image\`" >&2
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
  try = command "try" "Run the Logic App and the worker against local fakes, and show the mail";
  preview = command "preview" "Compose today's mail from the live sources without sending it";
  push = commandWithImage "push" "Push the image without deploying it";
  deploy = commandWithImage "deploy" "Deploy picletter.toml to Heroku and Azure";
  run = command "run" "Start a run now and follow it";
  status = command "status" "Show the state of the deployment and its runs";
  destroy = command "destroy" "Remove everything that deploy created";
  schedule = command "schedule" "Show the next runs of the jobs";
}
