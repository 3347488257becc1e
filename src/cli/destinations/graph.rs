//! `havengate destinations graph`.

use super::{AsOf, Context, Failure, Printed, data, many, save, unknown};
use crate::policy::organisations::{
    find::Asked,
    map::{self, Map},
};
use serde_json::json;
use std::path::PathBuf;

/// What `graph` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  havengate destinations graph
  havengate destinations graph --from riverside-council
  havengate destinations graph --svg map.svg

The picture can be printed in black and white: a way to the Home Office is thick, or dashed where it is not certain, and
says so in words. Organisations without links are left out. --json: `day`, `places` (each `id`, `name`, `root`, `bodies`,
`systems` with their classes, `steps` to the Home Office) and `links` (each as of `show`, with `look`).")]
pub struct Graph {
    /// Only where data can go from this organisation or system
    #[arg(long, value_name = "ID")]
    from: Option<String>,
    /// Draw it as a picture here, in place of one that is there
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    as_of: AsOf,
}

/// Carries it out.
pub(super) fn run(args: &Graph, context: &Context) -> Result<Printed, Failure> {
    let policy = super::policy(context)?;
    let from = args.from.as_ref().map(|from| {
        let answer = policy.registry.find(from).ok();
        answer.map(|a| a.asked).filter(|a| matches!(a, Asked::Entry(_))).ok_or_else(|| unknown(from, &policy))
    });
    let from = from.transpose()?.map(|asked| asked.to_string());
    let map = Map::new(&policy.registry, args.as_of.day(), from.as_deref());
    let text = match &args.svg {
        Some(path) => {
            save::fresh(path, map::svg(&map).as_bytes())?;
            let (places, links) = (many(map.places.len(), "organisation"), many(map.edges.len(), "link"));
            format!("{places} and {links} drawn in {}\n", path.display())
        }
        None => map::tree(&map),
    };
    let places = map.places.iter().map(|p| {
        let systems: Vec<_> = p.systems.iter().map(|(id, class)| json!({ "id": id, "class": class })).collect();
        json!({ "id": p.id, "name": p.name, "root": p.root, "bodies": p.bodies, "steps": p.steps, "systems": systems })
    });
    let links = map.edges.iter().map(|edge| {
        let look = match edge.look {
            map::Look::Certain => "leads to the Home Office",
            map::Look::Perhaps => "may lead to the Home Office",
            map::Look::Aside => "leads elsewhere",
            map::Look::Past => "carries nothing now",
        };
        let ends = [edge.from, edge.to].map(|i| map.places.get(i).map(|p| p.id));
        let mut link = edge.link.map_or_else(|| json!({ "from": ends[0], "to": ends[1] }), data::link);
        if let Some(link) = link.as_object_mut() {
            link.insert("look".to_owned(), json!(look));
        }
        link
    });
    let data = json!({
        "day": map.today, "places": places.collect::<Vec<_>>(), "links": links.collect::<Vec<_>>(),
    });
    Ok(Printed::done(text, data))
}
