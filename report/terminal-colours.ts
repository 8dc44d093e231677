// Colours for the printed summary. The stack's output is plain, with the same text.
import { styleText } from "node:util";

type Style = (format: Parameters<typeof styleText>[0], text: string) => string;

/** Colours only on a terminal that supports them, and never if NO_COLOR is set. */
const onTerminal: Style = (format, text) => styleText(format, text, { stream: process.stdout });

/** The summary with coloured headings, bars, doubts and verdict. */
export function paint(summary: string, style: Style = onTerminal): string {
  const lines = summary.split("\n");
  const verdict = lines.lastIndexOf("") + 1;
  let doubtful = false;
  return lines
    .map((line, i) => {
      doubtful = line.startsWith("!") || (doubtful && line.startsWith("  "));
      if (doubtful) return style("yellow", line);
      if (i === 0 || lines[i + 1]?.includes("───")) return style("bold", line);
      if (line.includes("───")) return style("dim", line);
      if (i >= verdict) return style("bold", line);
      if (line.startsWith("  throughput speed-up")) {
        return line.replace(/^[^│]+/, (honest) => style(["bold", "green"], honest)).replace("│", style("dim", "│"));
      }
      return line.replace(/[█-▏]+/, (bar) => style("cyan", bar)).replace("│", style("dim", "│"));
    })
    .join("\n");
}
