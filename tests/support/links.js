// The links of Markdown pages, and where they lead.
import { existsSync, readFileSync } from "node:fs";

const ROOT = new URL("../../", import.meta.url);
const text = (path) => readFileSync(new URL(path, ROOT), "utf8");

const { repository } = JSON.parse(text("pkg/package.json"));
/** The address of the repository's files, as package.json has the repository. */
const FILES = `${repository.url.replace(/^git\+|\.git$/g, "")}/blob/main/`;

/** Returns the anchor of a heading, as GitHub makes it. */
const anchorOf = (heading) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");

const anchorsOf = (page) =>
  [...readFileSync(page, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading));

/** Returns the targets of a page's links. */
export const linksOf = (page) =>
  [...text(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);

/** Returns the links of a page that lead nowhere in the project. Links to other sites are not followed. */
export function brokenLinks(page) {
  return linksOf(page).filter((link) => {
    const inside = link.startsWith(FILES) ? link.replace(FILES, ROOT.href) : link;
    if (/^https?:/.test(inside)) return false;
    const [path, fragment] = inside.split("#");
    const target = new URL(path || page.split("/").at(-1), new URL(page, ROOT));
    if (!existsSync(target)) return true;
    return fragment !== undefined && !anchorsOf(target).includes(fragment);
  });
}
