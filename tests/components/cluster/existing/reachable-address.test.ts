import test from "ava";
import {
  isHomeName,
  isWithoutProxy,
  preferred,
  resolveHere,
} from "../../../../components/cluster/existing/reachable-address.ts";

const names: [host: string, home: boolean][] = [
  ["red.local", true],
  ["Red.LOCAL.", true],
  ["red", true],
  ["red.lan", false],
  ["pi.example.com", false],
  ["local.example.com", false],
  ["localhost", false],
  ["192.168.1.5", false],
  ["fd00::5", false],
];
for (const [host, home] of names) {
  test(`"${host}" is ${home ? "" : "not "}a name of a home network`, (t) => t.is(isHomeName(host), home));
}

const choices: [addresses: string[], expected: string | undefined][] = [
  [["fe80::1", "fd00::5", "192.168.1.5"], "192.168.1.5"],
  [["fe80::1%eth0", "fd00::5"], "fd00::5"],
  // Good on one network interface only, which no URL names.
  [["fe80::1", "FEBF::2"], undefined],
  [["not an address"], undefined],
  [[], undefined],
];
for (const [addresses, expected] of choices) {
  test(`of ${addresses.join(", ") || "no address"} the one to use is ${expected ?? "none"}`, (t) => {
    t.is(preferred(addresses), expected);
  });
}

test("this machine's resolver knows this machine, and has no address for a name that nobody has", async (t) => {
  t.true((await resolveHere("localhost")).length > 0);
  t.deepEqual(await resolveHere("nobody.invalid"), []);
});

test("behind a proxy, names are kept", (t) => {
  t.true(isWithoutProxy({ NO_PROXY: "x" }));
  for (const name of ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY"]) t.false(isWithoutProxy({ [name]: "http://p" }));
});
