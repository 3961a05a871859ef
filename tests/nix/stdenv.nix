# nixpkgs: pkgs/stdenv/generic/common-path.nix, pkgs/stdenv/linux/default.nix: the programs that
# every build has. All other programs must be inputs of a build: /machine/bin is not on its path, and
# /usr/bin and /bin/bash do not exist.
{ system, bash }:
derivation {
  name = "stdenv";
  inherit system;
  builder = bash;
  args = [
    "-euc"
    ''
      mkdir=/machine/bin/mkdir ln=/machine/bin/ln
      $mkdir -p $out/bin
      for program in \
        basename cat chmod comm cp cut date dd dirname du echo env expr false head id install join ln ls mkdir \
        mkfifo mktemp mv nproc od paste printenv printf pwd readlink realpath rm rmdir seq sha256sum sleep sort \
        split stat stty tac tail tee test timeout touch tr true truncate tty uname uniq wc yes \
        find xargs cmp diff grep sed tar gzip make bash \
        ar as ld nm objcopy objdump ranlib readelf strip
      do $ln -s /machine/bin/$program $out/bin/$program; done
      $ln -s bash $out/bin/sh
      # Debian's alternatives lead to /usr/bin.
      $ln -s /machine/bin/mawk $out/bin/awk
      # pkgs/build-support/cc-wrapper; gcc searches for its programs next to itself.
      printf '#!%s\nGCC_EXEC_PREFIX=/usr/lib/gcc/ exec /machine/bin/gcc "$@"\n' ${bash} >$out/bin/cc
      /machine/bin/chmod +x $out/bin/cc
      $ln -s cc $out/bin/gcc
    ''
  ];
}
