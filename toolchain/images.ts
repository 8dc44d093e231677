export async function ensureNodeImage(_tag: string): Promise<void> {}
export async function ensurePythonImage(_wanted: string): Promise<string> {
  return "pi-speedup/python:3.11-debian12";
}
