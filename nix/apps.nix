picletter:
let
  app = program: description: {
    type = "app";
    inherit program;
    meta.description = description;
  };
in
{
  default = app "${picletter}/bin/picletter" "The command line";
}
