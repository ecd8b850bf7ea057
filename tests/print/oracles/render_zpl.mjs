// Renders every NAME.zpl of a folder with zpl-renderer-js to NAME.zebrash.png.
// node render_zpl.mjs PACKAGES FOLDER, where sizes.json says [width mm, height mm, dots per mm] of each.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const [packages, folder] = process.argv.slice(2);
const { ready } = createRequire(path.join(packages, "package.json"))("zpl-renderer-js");
const { api } = await ready;
const sizes = JSON.parse(fs.readFileSync(path.join(folder, "sizes.json"), "utf8"));
for (const [name, [width, height, dots]] of Object.entries(sizes)) {
  const source = fs.readFileSync(path.join(folder, `${name}.zpl`), "utf8");
  const drawn = await api.zplToBase64MultipleAsync(source, width, height, dots);
  if (drawn.length !== 1) throw new Error(`${name}: ${drawn.length} labels`);
  fs.writeFileSync(path.join(folder, `${name}.zebrash.png`), Buffer.from(drawn[0], "base64"));
}
process.exit(0);
