// The report in a real browser: on a desktop, on a phone, in dark mode and on paper. Made from example records, so it
// needs no cluster. The pictures are kept next to the reports for people to look at.
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import test, { type ExecutionContext } from "ava";
import type { AxeResults } from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { reportPage } from "../../report/html/page.ts";
import { installDebianPackages } from "../../toolchain/debian.ts";
import { privateFolder } from "../../toolchain/paths.ts";
import { type Example, example, hostileNames } from "../helpers/example-measurement.ts";

const folder = join(privateFolder, "report", "browser-test");
const executablePath = "/usr/bin/chromium";
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
let browser: Browser;

test.serial.before("a browser is there", async (t) => {
  t.timeout(600_000);
  if (!existsSync(executablePath)) await installDebianPackages(["chromium"]);
  await mkdir(folder, { recursive: true });
  const quiet = ["gpu", "quic", "background-networking", "component-update", "sync"].map((each) => `--disable-${each}`);
  browser = await chromium.launch({
    executablePath,
    args: ["--headless", "--no-sandbox", "--no-first-run", ...quiet],
    // The path of its socket, in the folder for temporary files, may have 107 characters.
    env: { ...process.env, TMPDIR: "/tmp" },
  });
});
test.serial.after.always(async () => {
  await browser?.close();
});

const screens = {
  desktop: { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  phone: { viewport: { width: 360, height: 780 }, colorScheme: "light" },
  "desktop in the dark": { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  "phone in the dark": { viewport: { width: 360, height: 780 }, colorScheme: "dark" },
} as const;

const examples: Record<string, Example> = {
  "the tutorial's three": {},
  "a shared host that gains": { workers: [2.4, 2.45, 2.52], shared: true },
  "one worker": { workers: [1.4] },
  "two hundred workers": { workers: Array.from({ length: 200 }, (_, i) => 4 + Math.sin(i) + i / 100) },
  "one round of the tutorial's way": { factors: [1], single: { mode: "given", seconds: 1.52 } },
  "a Job that was found finished": { foundFinished: true },
  "hostile names": { workers: hostileNames.map((_, i) => 1 + i / 10), names: hostileNames },
};

/** Opens an example's page; what it says on the console, and what it asks for besides itself, is collected. */
async function open(name: string, screen: keyof typeof screens) {
  const file = join(folder, `${name}.html`.replaceAll(/[ ']/g, "-"));
  await writeFile(
    file,
    reportPage({ stack: name, measurement: example(examples[name]), tools: { Pulumi: "3.250.0" }, earlier: [] }),
  );
  const page = await browser.newPage(screens[screen]);
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  await page.route("**", async (route) => {
    const url = route.request().url();
    if (url === pathToFileURL(file).href) return route.continue();
    requests.push(url);
    return route.abort();
  });
  await page.goto(pathToFileURL(file).href);
  return { page, complaints, requests };
}

/** By the rules for people who hear, enlarge or key their way through a page. */
async function violations(page: Page): Promise<string[]> {
  // The page's own policy lets no script run, so axe comes in by the debugger.
  await page.evaluate((await import("node:fs/promises").then(({ readFile }) => readFile(axe, "utf8"))) as string);
  const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`)}`,
  );
}

const width = (page: Page) => page.evaluate("document.documentElement.scrollWidth") as Promise<number>;
const openAll = (page: Page) =>
  page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");

const everyScreen: (keyof typeof screens)[] = ["desktop", "phone", "desktop in the dark", "phone in the dark"];
for (const [i, name] of Object.keys(examples).entries()) {
  // Colours don't depend on how many workers there are and what they are called.
  for (const screen of i < 2 ? everyScreen : everyScreen.slice(0, 2)) {
    test.serial(`${name}, ${screen}: no errors, no requests, no violations, nothing beyond the edge`, async (t) => {
      const { page, complaints, requests } = await open(name, screen);
      await page.screenshot({
        path: join(folder, `${name}, ${screen}.png`.replaceAll(/[ ',]+/g, "-")),
        fullPage: true,
      });
      await openAll(page);
      t.is(await width(page), screens[screen].viewport.width);
      t.deepEqual(await violations(page), []);
      t.deepEqual(complaints, []);
      t.deepEqual(requests, []);
      await page.close();
    });
  }
}

async function shown(t: ExecutionContext, page: Page, selector: string, expected: number) {
  const all = await page.locator(selector).all();
  const visible = await Promise.all(all.map((each) => each.isVisible()));
  t.is(visible.filter(Boolean).length, expected, selector);
}

test.serial("a desktop shows the wide charts, a phone the narrow ones, with letters of at least 10 px", async (t) => {
  for (const [screen, size] of [
    ["desktop", "wide"],
    ["phone", "narrow"],
  ] as const) {
    const { page } = await open("the tutorial's three", screen);
    await shown(t, page, "svg.chart", 5);
    await shown(t, page, `svg.chart.${size}`, 5);
    for (const text of await page.locator(`svg.chart.${size} text >> visible=true`).all()) {
      const box = await text.boundingBox();
      t.true((box?.height ?? 0) >= 10, `${await text.textContent()}: ${box?.height}`);
    }
    await page.close();
  }
});

test.serial("no letter of a chart is cut off at its edge", async (t) => {
  for (const name of Object.keys(examples)) {
    for (const screen of ["desktop", "phone"] as const) {
      const { page } = await open(name, screen);
      const cut = await page.evaluate(`[...document.querySelectorAll("svg.chart")].flatMap((svg) => {
        const edge = svg.getBoundingClientRect();
        return [...svg.querySelectorAll("text")]
          .filter((text) => { const box = text.getBoundingClientRect(); return box.left < edge.left - 1 || box.right > edge.right + 1; })
          .map((text) => svg.getAttribute("aria-labelledby") + ": " + text.textContent);
      })`);
      t.deepEqual(cut, [], `${name}, ${screen}`);
      await page.close();
    }
  }
});

test.serial("a screen reader hears each chart's title and description", async (t) => {
  const { page } = await open("the tutorial's three", "desktop");
  const tree = await page.locator("body").ariaSnapshot();
  for (const title of [
    "A round on every worker",
    "Timeline of all machines",
    "Speed-up of all workers",
    "Speed-up of fewer workers",
    "Job size from which the cluster is faster",
  ]) {
    t.regex(tree, new RegExp(`img "${title} `), title);
  }
  await page.close();
});

test.serial("every table of a chart can be reached and opened with the keyboard alone", async (t) => {
  const { page } = await open("the tutorial's three", "desktop");
  const opened = "[...document.querySelectorAll('figure details')].filter((each) => each.open).length";
  for (let presses = 0; presses < 40 && (await page.evaluate(opened)) !== 5; presses++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate("document.activeElement.matches('figure summary')")) await page.keyboard.press("Enter");
  }
  t.is(await page.evaluate(opened), 5);
  await page.close();
});

test.serial("on paper it is black on white, and the wide charts are there", async (t) => {
  const { page } = await open("the tutorial's three", "desktop in the dark");
  await page.emulateMedia({ media: "print" });
  t.is(await page.evaluate("getComputedStyle(document.body).color"), "rgb(0, 0, 0)");
  t.is(await page.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)");
  await shown(t, page, "svg.chart.wide", 5);
  const paper = await page.pdf({ format: "A4", preferCSSPageSize: true, path: join(folder, "paper.pdf") });
  t.is(paper.subarray(0, 5).toString(), "%PDF-");
  await page.close();
});
