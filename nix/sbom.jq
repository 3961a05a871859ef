# Converts the lines of `cargo tree --prefix depth --format '|{p}|{l}|{r}'` to a CycloneDX document. The
# first line is the program. $checksums contains the checksums of the lock file, by package URL.
def component:
  { type: "library", "bom-ref": .purl, name, version, purl }
  + if .license == "" then {} else { licenses: [{ expression: .license }] } end
  + if .repository == "" then {} else { externalReferences: [{ type: "vcs", url: .repository }] } end
  + if $checksums[0][.purl] then { hashes: [{ alg: "SHA-256", content: $checksums[0][.purl] }] } else {} end;

[
  inputs
  | split("|")
  | (.[1] | split(" ")) as [$name, $version]
  | {
      depth: (.[0] | tonumber),
      $name,
      version: $version[1:],
      # Crates used `MIT/Apache-2.0` before SPDX expressions.
      license: (.[2] | gsub("/"; " OR ")),
      repository: .[3],
    }
  | .purl = "pkg:cargo/\(.name)@\(.version)"
]
| . as [$program]
| {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: { component: ($program | component | .type = "application") },
    components: (unique_by(.purl) | map(select(.purl != $program.purl) | component)),
    dependencies: (
      reduce .[] as $line ({ path: [], uses: {} };
        .path = .path[:$line.depth] + [$line.purl]
        | .uses[$line.purl] += {}
        | if $line.depth > 0 then .uses[.path[-2]][$line.purl] = true else . end)
      | .uses
      | to_entries
      | map({ ref: .key, dependsOn: (.value | keys) })
    ),
  }
