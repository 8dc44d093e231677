import test from "ava";
import { proxyFor } from "../../../components/kubernetes/proxy-for.ts";

const proxy = "http://proxy.example:3128";

// The rules are those that Go's package golang.org/x/net/http/httpproxy documents for its type Config.
const cases: [what: string, server: string, env: NodeJS.ProcessEnv, expected: string | undefined][] = [
  ["no variable, no proxy", "https://red.example:6443", {}, undefined],
  ["HTTPS_PROXY counts for https", "https://red.example:6443", { HTTPS_PROXY: proxy }, proxy],
  ["small letters count too", "https://red.example:6443", { https_proxy: proxy }, proxy],
  ["capitals go first", "https://red.example", { HTTPS_PROXY: proxy, https_proxy: "http://other:1" }, proxy],
  ["HTTP_PROXY does not count for https", "https://red.example", { HTTP_PROXY: proxy }, undefined],
  ["HTTP_PROXY counts for http", "http://red.example", { HTTP_PROXY: proxy }, proxy],
  ["a proxy without a scheme is one of HTTP", "https://red.example", { HTTPS_PROXY: "proxy.example:3128" }, proxy],
  ["a SOCKS proxy stays one", "https://red.example", { HTTPS_PROXY: "socks5://p:1080" }, "socks5://p:1080"],
  ["this machine is never behind a proxy", "https://127.0.0.1:6443", { HTTPS_PROXY: proxy }, undefined],
  ["nor any other address of its loopback", "https://127.8.9.1", { HTTPS_PROXY: proxy }, undefined],
  ["nor its loopback by IPv6", "https://[::1]:6443", { HTTPS_PROXY: proxy }, undefined],
  ["nor its name", "https://localhost:6443", { HTTPS_PROXY: proxy }, undefined],
  ["a star excepts all", "https://red.example", { HTTPS_PROXY: proxy, NO_PROXY: "*" }, undefined],
  ["a name excepts itself", "https://red.example", { HTTPS_PROXY: proxy, NO_PROXY: "red.example" }, undefined],
  [
    "a name excepts what is below it",
    "https://a.red.example",
    { HTTPS_PROXY: proxy, NO_PROXY: "red.example" },
    undefined,
  ],
  [
    "a name does not except one that ends like it",
    "https://infrared.example",
    { HTTPS_PROXY: proxy, NO_PROXY: "red.example" },
    proxy,
  ],
  [
    "a domain with a dot excepts what is below it",
    "https://a.local",
    { HTTPS_PROXY: proxy, NO_PROXY: ".local" },
    undefined,
  ],
  ["but not itself", "https://local", { HTTPS_PROXY: proxy, NO_PROXY: ".local" }, proxy],
  ["a star before the dot changes nothing", "https://a.local", { HTTPS_PROXY: proxy, NO_PROXY: "*.local" }, undefined],
  [
    "capitals in a name don't matter",
    "https://RED.example",
    { HTTPS_PROXY: proxy, NO_PROXY: "red.EXAMPLE" },
    undefined,
  ],
  [
    "blanks around an entry don't matter",
    "https://red.example",
    { HTTPS_PROXY: proxy, NO_PROXY: "a, red.example ,b" },
    undefined,
  ],
  ["an address excepts itself", "https://10.1.2.3", { HTTPS_PROXY: proxy, NO_PROXY: "10.1.2.3" }, undefined],
  [
    "a network excepts its addresses",
    "https://10.1.2.3:6443",
    { HTTPS_PROXY: proxy, NO_PROXY: "10.0.0.0/8" },
    undefined,
  ],
  ["and no other", "https://11.1.2.3", { HTTPS_PROXY: proxy, NO_PROXY: "10.0.0.0/8" }, proxy],
  ["a network of IPv6 as well", "https://[fd00::7]", { HTTPS_PROXY: proxy, NO_PROXY: "fd00::/8" }, undefined],
  [
    "an address of IPv6 in another spelling",
    "https://[fd00:0::7]",
    { HTTPS_PROXY: proxy, NO_PROXY: "fd00::0:7" },
    undefined,
  ],
  ["a network with too many bits is none", "https://10.1.2.3", { HTTPS_PROXY: proxy, NO_PROXY: "10.0.0.0/33" }, proxy],
  ["a network says nothing of names", "https://red.example", { HTTPS_PROXY: proxy, NO_PROXY: "0.0.0.0/0" }, proxy],
  ["a port must be the same", "https://red.example:6443", { HTTPS_PROXY: proxy, NO_PROXY: "red.example:443" }, proxy],
  [
    "the same port excepts",
    "https://red.example:6443",
    { HTTPS_PROXY: proxy, NO_PROXY: "red.example:6443" },
    undefined,
  ],
  [
    "the usual port needs not be written",
    "https://10.1.2.3",
    { HTTPS_PROXY: proxy, NO_PROXY: "10.1.2.3:443" },
    undefined,
  ],
  [
    "a port behind an address of IPv6",
    "https://[fd00::7]:6443",
    { HTTPS_PROXY: proxy, NO_PROXY: "[fd00::7]:6443" },
    undefined,
  ],
  [
    "an entry without a host means nothing",
    "https://red.example:6443",
    { HTTPS_PROXY: proxy, NO_PROXY: ":6443" },
    proxy,
  ],
];
for (const [what, server, env, expected] of cases) {
  test(`which proxy: ${what}`, (t) => {
    t.is(proxyFor(server, env), expected);
  });
}
