// PostGraphile over Anbahn's own tables, as its documentation recommends it for production: the Amber preset, no
// GraphiQL, no watching, no explaining, a pool that is large enough, and row-level security by pgSettings.
import { createHash } from "node:crypto";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import pg from "pg";

const connectionString = process.env.DATABASE_URL;
const doors = new pg.Pool({ connectionString, max: 8 });

// The same key in the same way: its hash opens a workspace, or nothing.
async function settingsOf(request) {
  const key = /^bearer (.+)$/i.exec(request?.headers.authorization ?? "")?.[1];
  if (!key) throw new Error("a bearer key is missing");
  const { rows } = await doors.query({
    name: "door",
    text: "SELECT workspace_id, member_id FROM door_credential($1)",
    values: [createHash("sha256").update(key.trim()).digest()],
  });
  if (!rows.length) throw new Error("this key opens no workspace");
  return { "app.workspace_id": rows[0].workspace_id, "app.member_id": rows[0].member_id };
}

export default {
  extends: [PostGraphileAmberPreset],
  // Its rule of thumb (first column of an index) does not see that ours all begin with the workspace.
  disablePlugins: ["PgIndexBehaviorsPlugin"],
  pgServices: [
    makePgService({ connectionString, schemas: ["public", "bench"], pubsub: false, poolConfig: { max: 16 } }),
  ],
  gather: { pgStrictFunctions: true },
  schema: { pgJwtSecret: undefined, dontSwallowErrors: true, exportSchemaSDLPath: process.env.SDL },
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false, maxRequestLength: 2 ** 20 },
  grafast: {
    explain: false,
    async context(about) {
      return { pgSettings: await settingsOf(about.node?.req) };
    },
  },
};
