// Projects the borders of Natural Earth (public domain; packed as TopoJSON by world-atlas, ISC) into the two files that
// the map of the home page is drawn from. To run it again, with Node 18 or later, in this folder:
//
//     npm install --no-package-lock && node project.mjs
//
// Shapes go by the code of UN M49. Their paths are relative and in tenths of a unit of the map, as whole numbers.

import { readFileSync, writeFileSync } from "node:fs";
import { geoAzimuthalEqualArea, geoCentroid, geoEqualEarth, geoPath } from "d3-geo";
import { feature } from "topojson-client";
import { presimplify, simplify, sphericalTriangleArea } from "topojson-simplify";

const ATLAS = JSON.parse(readFileSync(new URL("node_modules/world-atlas/countries-50m.json", import.meta.url)));
const WEIGHED = presimplify(ATLAS, sphericalTriangleArea);
const KM2 = 1 / 6371 ** 2; // in steradians

// What Natural Earth draws as a part of another country: whose, its own code, and the corners that its middle lies within
const PARTS = [
  ["250", "254", [-55, 2], [-51, 6]], // French Guiana
  ["250", "312", [-62, 15.8], [-60.9, 16.6]], // Guadeloupe
  ["250", "474", [-61.3, 14.3], [-60.7, 15]], // Martinique
  ["250", "638", [55, -22], [56, -20]], // Réunion
  ["250", "175", [45, -13.1], [45.4, -12.5]], // Mayotte
  ["528", "535", [-69, 11], [-62, 18]], // Caribbean Netherlands
  ["578", "744", [10, 74], [34, 81]], // Svalbard
  ["554", "772", [-173, -10], [-171, -8]], // Tokelau
];
const ANTARCTICA = "010";

// Dots, since they are too small to be pointed at; the number is their place beside the dot
const EASTERN_CARIBBEAN = {
  "028": "start",
  "052": "start",
  "212": "end",
  "308": "end",
  "659": "end",
  "662": "end",
  "670": "end",
  "780": "end",
};
const INSET_CORNERS = [[-63.3, 18.35], [-59.2, 9.9]];
const APART = 27; // units between the middles of two dots, so that each is a target of its own

const SMALL = 14; // units; what is smaller keeps every point that the source has
const TINY = 5; // units; what is smaller gets a dot on the map of the world
const CRUMB = 0.8; // square units; an island below that is left out where its country has a larger one

function countries(minimum) {
  const topology = minimum ? simplify(WEIGHED, minimum) : ATLAS;
  const polygons = new Map();
  for (const { id = "", geometry } of feature(topology, topology.objects.countries).features) {
    const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    for (const part of parts) {
      const code = codeOf(id, part);
      polygons.set(code, [...(polygons.get(code) ?? []), part]);
    }
  }
  polygons.delete(ANTARCTICA);
  return polygons;
}

function codeOf(id, part) {
  const [x, y] = geoCentroid({ type: "Polygon", coordinates: part });
  const found = PARTS.find(
    ([whole, , [west, south], [east, north]]) => whole === id && x > west && x < east && y > south && y < north,
  );
  return found ? found[1] : id;
}

class Drawing {
  constructor(projection, width, height, tolerance) {
    this.path = geoPath(projection).digits(1);
    this.width = width;
    this.height = height;
    this.fine = countries(0);
    this.coarse = tolerance ? countries(tolerance) : this.fine;
  }

  // The parts of a country that can be seen, largest first
  parts(code) {
    const whole = { type: "MultiPolygon", coordinates: this.fine.get(code) };
    const isSmall = size(this.path.bounds(whole)) < SMALL;
    const coarse = isSmall ? [] : this.seen(this.coarse.get(code) ?? []);
    const seen = coarse.length ? coarse : this.seen(this.fine.get(code));
    const areas = new Map(seen.map((polygon) => [polygon, this.path.area(polygon)]));
    seen.sort((a, b) => areas.get(b) - areas.get(a));
    return seen.filter((polygon, place) => !place || areas.get(polygon) > CRUMB);
  }

  seen(parts) {
    const polygons = parts.map((coordinates) => ({ type: "Polygon", coordinates }));
    return polygons.filter((polygon) => size(this.path.bounds(polygon)) > 0);
  }

  shapes(isWanted = () => true) {
    const found = {};
    for (const code of [...this.fine.keys()].sort().filter(isWanted)) {
      const parts = this.parts(code);
      const path = parts.map((part) => relative(this.path(part))).join("");
      if (path) found[code] = { path, parts };
    }
    return found;
  }

  middle(part) {
    return this.path.centroid(part).map((value) => Math.round(value * 10));
  }
}

const size = ([[x0, y0], [x1, y1]]) => (x1 >= x0 ? Math.max(x1 - x0, y1 - y0) : 0);

// "M1.5,2L3,4Z" -> "m15 20l15 20z": whole tenths, each point from the one before
function relative(path) {
  let [x, y] = [0, 0];
  const rings = path.match(/M[^M]*/g).map((ring) => {
    const points = ring.slice(1, ring.endsWith("Z") ? -1 : undefined).split("L");
    return points.map((point) => point.split(",").map((value) => Math.round(value * 10)));
  });
  return rings
    .map((points) => distinct(points))
    .map((points, place) => {
      if (place && points.length < 3) return "";
      const steps = points.map(([nextX, nextY], step) => {
        const text = step || place ? `${nextX - x} ${nextY - y}` : `${nextX} ${nextY}`;
        [x, y] = [nextX, nextY];
        return text;
      });
      [x, y] = points[0];
      return `${place ? "m" : "M"}${steps[0]}${steps.length > 1 ? "l" : ""}${steps.slice(1).join(" ")}z`;
    })
    .join("")
    .replaceAll(" -", "-");
}

const distinct = (points) => points.filter(([x, y], n) => !n || x !== points[n - 1][0] || y !== points[n - 1][1]);

// Moves dots apart until each has room
function spread(dots) {
  for (let turn = 0; turn < 100; turn++) {
    for (const a of dots) {
      for (const b of dots) {
        const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
        const missing = APART * 10 - Math.hypot(dx, dy);
        if (a === b || missing <= 0) continue;
        const share = missing / 2 / Math.hypot(dx, dy);
        [a[0], a[1]] = [a[0] - dx * share, a[1] - dy * share];
        [b[0], b[1]] = [b[0] + dx * share, b[1] + dy * share];
      }
    }
  }
  for (const dot of dots) [dot[0], dot[1]] = dot.map(Math.round);
}

function write(name, map) {
  writeFileSync(new URL(name, import.meta.url), `${JSON.stringify(map)}\n`);
}

const tenths = (values) => values.map((value) => Math.round(value * 10));
const unnamed = (shapes) => shapes[""]?.path ?? "";
const named = (shapes) =>
  Object.fromEntries(Object.entries(shapes).filter(([code]) => code).map(([code, { path }]) => [code, { path }]));

function americas() {
  const [width, height] = [620, 700];
  const corners = [[-118, -20], [-34.5, -7], [-70, -56], [-90, 57], [-124, 45], [-55, 50]];
  const projection = geoAzimuthalEqualArea().rotate([84, -6]).precision(0.3);
  projection.fitExtent([[6, 6], [width - 6, height - 6]], { type: "MultiPoint", coordinates: corners });
  projection.clipExtent([[-2, -2], [width + 2, height + 2]]);
  const frame = tenths(INSET_CORNERS.flatMap((corner) => projection(corner)));
  const drawing = new Drawing(projection, width, height, 60 * KM2);
  const shapes = drawing.shapes((code) => isOfTheAmericas(drawing.fine.get(code)));
  const map = { width: width * 10, height: height * 10, land: unnamed(shapes), shapes: named(shapes) };
  write("americas.json", { ...map, inset: { frame, ...inset() } });
}

// West of the Azores and east of the Pacific's islands
function isOfTheAmericas(parts) {
  const [x] = geoCentroid({ type: "MultiPolygon", coordinates: parts });
  return x > -127 && x < -27;
}

function inset() {
  const [width, height] = [190, 270];
  const projection = geoAzimuthalEqualArea().rotate([61, -14]).precision(0.1);
  projection.fitExtent([[14, 14], [width - 14, height - 14]], { type: "MultiPoint", coordinates: INSET_CORNERS });
  projection.clipExtent([[0, 0], [width, height]]);
  const drawing = new Drawing(projection, width, height, 5 * KM2);
  const all = drawing.shapes();
  const isWithin = ([x0, y0], [x1, y1]) => x0 > 0 && y0 > 0 && x1 < width && y1 < height;
  const shapes = Object.fromEntries(
    Object.entries(all).filter(([code, { parts }]) => code in EASTERN_CARIBBEAN || isWithin(...bounds(drawing, parts))),
  );
  const land = Object.keys(all).filter((code) => !(code in shapes)).map((code) => all[code].path).join("");
  const drawn = named(shapes);
  for (const [code, label] of Object.entries(EASTERN_CARIBBEAN)) {
    Object.assign(drawn[code], { dot: drawing.middle(shapes[code].parts[0]), label });
  }
  spread(Object.values(drawn).flatMap(({ dot }) => (dot ? [dot] : [])));
  return { width: width * 10, height: height * 10, land, shapes: drawn };
}

const bounds = ({ path }, parts) => path.bounds({ type: "GeometryCollection", geometries: parts });

function world() {
  const [width, height] = [960, 470];
  const projection = geoEqualEarth().rotate([-11, 0]).precision(0.3);
  const everything = { type: "MultiPolygon", coordinates: [...countries(0).values()].flat() };
  projection.fitExtent([[4, 4], [width - 4, height - 4]], everything);
  const drawing = new Drawing(projection, width, height, 900 * KM2);
  const shapes = drawing.shapes();
  const drawn = named(shapes);
  for (const code of Object.keys(drawn)) {
    if (size(bounds(drawing, shapes[code].parts)) < TINY) drawn[code].dot = drawing.middle(shapes[code].parts[0]);
  }
  write("world.json", { width: width * 10, height: height * 10, land: unnamed(shapes), shapes: drawn });
}

americas();
world();
