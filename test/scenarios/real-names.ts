// Names of real blocklists, from npm packages, and what the contract says of each: its canonical form, or why it is refused. Written
// by hand and by the form of the names alone, with nothing of the service's own code.

import { createRequire } from 'node:module';

export interface Name {
  readonly text: string;
  /** What the list has it as; absent where it is refused. */
  readonly canonical?: string;
  /** What the reason of the refusal says. */
  readonly refused?: RegExp;
}

const require = createRequire(import.meta.url);
const phishing = (require('eth-phishing-detect/src/config.json') as { blacklist: string[] }).blacklist;
const disposable = require('disposable-domains') as string[];

/** By the IDNA codec of another language. */
const A_LABELS: Readonly<Record<string, string>> = {
  'desayuno-étnico.info': 'xn--desayuno-tnico-jkb.info',
  'foto-en-el-álbum.info': 'xn--foto-en-el-lbum-xjb.info',
  'gmaıl.net': 'xn--gmal-nza.net',
  'instágram.com': 'xn--instgram-cza.com',
  'lándwirt.com': 'xn--lndwirt-hwa.com',
  'planteralätt.com': 'xn--planteraltt-t8a.com',
  'refeição.online': 'xn--refeio-7ta5a.online',
  'säkerhetsväst.se': 'xn--skerhetsvst-l8ai.se',
  'taxinyköping.se': 'xn--taxinykping-xfb.se',
  'thepiratébay.org': 'xn--thepiratbay-ibb.org',
  'tś.xyz': 'xn--t-tma.xyz',
  'yêuniverse.net': 'xn--yuniverse-l4a.net',
};

/** Those of the lists that publicsuffix.org has, in its private part for the most. */
const SUFFIXES = new Set(
  `3utilities.com abrdns.com accesscam.org bounceme.net camdvr.org casacam.net cc.cd ccwu.cc cloud-ip.cc cloudns.asia cloudns.biz
  cloudns.cc cloudns.cl cloudns.cx cloudns.nz cloudns.ph ddns.net ddnsfree.com ddnsking.com de5.net dedyn.io dns-cloud.net dns.navy
  dnsabr.com dpdns.org duckdns.org dynu.net edu.kg edu.pl eu.cc eu.org f5.si freeddns.org ggff.net giize.com gleeze.com gotdns.ch
  hopto.org id.vn indevs.in kozow.com loseyourip.com my.id myvnc.com mywire.org netlib.re nom.za nyc.mn onthewifi.com ooguy.com qzz.io
  redirectme.net servebeer.com servegame.com servemp3.com sytes.net theworkpc.com us.ci us.kg web.id webhop.me webredirect.org
  zapto.org`.split(/\s+/),
);

/** `count` names of the lists, all that is uncommon in them among these, and some of them again in other spellings. */
export function realNames(count: number): Name[] {
  const listed = new Set(phishing);
  const isUncommon = (text: string): boolean => !isPlain(text) || SUFFIXES.has(text) || listed.has(text);
  const uncommon = [...phishing.filter(isUncommon), ...disposable.filter(isUncommon)].slice(0, count / 2);
  const common = [...new Set([...phishing, ...disposable])].filter((text) => !isUncommon(text));
  const step = Math.floor(common.length / (count - uncommon.length));
  const usual = common.filter((_, index) => index % step === 0).slice(0, count - uncommon.length);
  const taken = usual.map((text, index) => ({ text, index }));
  const again = taken
    .filter(({ index }) => index % 20 === 0)
    .flatMap(({ text }, index) => spell(text, index));
  return mix([...uncommon.map(read), ...usual.map(read), ...again]);
}

function isPlain(text: string): boolean {
  return /^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.[a-z][a-z0-9-]*$/.test(text);
}

function read(text: string): Name {
  if (/^\d+(\.\d+){3}$/.test(text)) return { text, refused: /address/ };
  if (SUFFIXES.has(text)) return { text, refused: /public suffix/ };
  const canonical = A_LABELS[text] ?? text;
  return { text, canonical };
}

/** As lists and people write a name: some of it is the same name, some is none. */
function spell(name: string, index: number): Name {
  const spellings: Name[] = [
    { text: name.toUpperCase(), canonical: name },
    { text: `${name}.`, canonical: name },
    { text: `https://${name}/path`, refused: /URL/ },
    { text: `${name}:8080`, refused: /port/ },
    { text: `0.0.0.0 ${name}`, refused: /character/ },
    { text: `.${name}`, refused: /empty label/ },
    { text: `${name}..`, refused: /empty label/ },
    { text: `${'a'.repeat(64)}.${name}`, refused: /label of more than 63/ },
    { text: `${'a.'.repeat(127)}${name}`, refused: /longer than 253/ },
    { text: `-x.${name}`, refused: /hyphen/ },
    { text: `||${name}^`, refused: /character/ },
    { text: `${name}/24`, refused: /URL/ },
    { text: `a@${name}`, refused: /e-mail/ },
    { text: ` ${name}`, refused: /character/ },
    { text: `0x7f.${(index % 250) + 1}`, refused: /address/ },
    { text: `a.*.${name}`, refused: /"\*"/ },
  ];
  return spellings[index % spellings.length] as Name;
}

/** In an order that is the same each time and has nothing to do with the lists' own. */
function mix(names: Name[]): Name[] {
  const keyed = names.map((name, index) => ({ name, key: (index * 2_654_435_761) % 4_294_967_296 }));
  return keyed.sort((a, b) => a.key - b.key).map(({ name }) => name);
}
