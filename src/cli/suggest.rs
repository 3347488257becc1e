//! `havengate suggest`: drafts a connection from samples of what a case system sends, or from a recipient's OpenAPI
//! document. Nothing is sent, and no value of a sample is repeated.

mod draft;
mod elements;
mod guess;
mod names;
mod openapi;
mod places;
mod read;
mod recording;
mod report;
mod shape;
mod xml;
mod yaml;

use super::{Context, Exit, Failure, Printed, screen};
use crate::{
    flow::{App, IntegrationId, SystemId},
    gate::policy_files,
    policy::{Policy, Sources, integration::RouteRule, organisations::HostPattern},
};
use draft::{Head, OperationDraft};
use read::Samples;
use recording::Sent;
use shape::Shape;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

/// What `suggest` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  havengate suggest --destination riverside-council/housing-referrals --name our-referrals sample1.json sample2.json
  havengate suggest --write --name our-referrals export.csv
  havengate suggest --name our-referrals envelope1.xml envelope2.xml
  havengate suggest --openapi recipient.yaml --name recipient

Several samples teach more than one: use ten that differ. Samples are JSON, JSON Lines, XML or SOAP, CSV or TSV with a header
row, or forms; OpenAPI 3 is read in YAML and JSON. Of the samples only names of places stand in the draft, and in XML the
namespaces' own; where something holds questions and answers, the questions' texts do too, because they are what its rules go
by. Of a recording (HAR) the bodies of its requests are samples, with the type, charset and SOAP action they were sent with.

Without --write the draft goes to standard output, where the report stands behind it as comments. The draft guesses: a
person has to read it before `havengate policy reload` lets it decide.

--json prints one document: `id`, `draft`, `written`, `compiles`, `errors`, `proposals` (`operation`, `path`, `category` or
null, `why`), `listed`, `untold`, `today` (`path`, `category`, `act`, `count`; and `refused`, where everything is).")]
pub struct Suggest {
    /// An OpenAPI 3 document of the recipient, in YAML or JSON, instead of samples
    #[arg(long, value_name = "FILE", conflicts_with = "samples")]
    openapi: Option<PathBuf>,
    /// The calling system [default: the only one that connections name, or case-system]
    #[arg(long)]
    app: Option<App>,
    /// The connection's id, and its file's name [default: from the recipient's id, or `draft`]
    #[arg(long, value_name = "ID")]
    name: Option<IntegrationId>,
    /// The recipient, as organisations.toml names it
    #[arg(long, value_name = "SYSTEM")]
    destination: Option<SystemId>,
    /// Write policies/integrations/ID.toml, where there is none
    #[arg(long)]
    write: bool,
    /// The policies [default: the configuration's, policies/ here, or the set that comes with this version]
    #[arg(long, value_name = "DIR")]
    policies: Option<PathBuf>,
    /// Samples of one kind of body; - is standard input
    #[arg(value_name = "SAMPLE", required_unless_present = "openapi")]
    samples: Vec<PathBuf>,
}

/// No sample is larger, in bytes.
const LARGEST: u64 = 64 << 20;

/// A draft before it is shown.
struct Drafted {
    id: String,
    /// Its route.
    prefix: String,
    text: String,
    from: String,
    proposed: Vec<draft::Proposed>,
    /// The recipient's entry, where it has none.
    proposal: Option<String>,
    destination: String,
    operations: Vec<OperationDraft>,
    bodies: Vec<Vec<u8>>,
    left_out: usize,
}

/// Carries it out.
pub(super) fn run(args: &Suggest, context: &Context) -> Result<Printed, Failure> {
    let (directory, sources) = sources(args, context)?;
    let policy = Policy::compile(&sources).map_err(|found| super::check::invalid(&found, &sources))?;
    let drafted = drafted(args, &policy)?;
    let trial = report::Trial::of(&drafted, &sources);
    let written = match (&directory, args.write) {
        (_, false) => None,
        (Some(directory), true) => Some(write(directory, &drafted)?),
        (None, true) => {
            let text =
                "there is no policies directory to write to\n  mend: `havengate init` makes a home, or say --policies";
            return Err(Failure::new(Exit::Usage, text));
        }
    };
    Ok(report::printed(&drafted, &trial, written.as_deref(), args))
}

/// The organisation's policies, or those that come with this version where it has none yet.
fn sources(args: &Suggest, context: &Context) -> Result<(Option<PathBuf>, Sources), Failure> {
    let none = args.policies.is_none() && !context.file.exists() && !Path::new("policies").is_dir();
    if none {
        return Ok((None, crate::policy::shipped::sources()));
    }
    let directory = screen::directory(args.policies.as_deref(), context)?;
    let sources = policy_files::read(&directory).map_err(|e| Failure::new(Exit::Configuration, e.to_string()))?;
    Ok((Some(directory), sources))
}

fn drafted(args: &Suggest, policy: &Policy) -> Result<Drafted, Failure> {
    let (operations, bodies, server, left_out, from) = match &args.openapi {
        Some(path) => described(path)?,
        None => sampled(&args.samples)?,
    };
    let known = args.destination.as_ref().and_then(|id| policy.registry.system(id));
    let short = args.destination.as_ref().and_then(|d| d.as_str().rsplit('/').next());
    let id = args.name.as_ref().map_or_else(|| short.unwrap_or("draft").to_owned(), |id| id.as_str().to_owned());
    let destination = args.destination.as_ref().map_or_else(|| format!("{id}/system"), |d| d.as_str().to_owned());
    let upstream = match known.and_then(|s| {
        s.hosts.iter().find_map(|h| if let HostPattern::Exact(host) = h { Some(host.to_string()) } else { None })
    }) {
        Some(host) => format!("https://{host}"),
        None => server.unwrap_or_else(|| format!("https://{id}.example")),
    };
    let proposal = known.is_none().then(|| report::proposal(&destination, &upstream));
    let mut apps: Vec<&App> = policy.integrations.values().map(|i| &i.app).collect();
    apps.dedup();
    let only = if let [only] = apps.as_slice() { only.as_str() } else { "case-system" };
    let app = args.app.as_ref().map_or(only, |a| a.as_str());
    let taken = |prefix: &str| {
        let is = |i: &crate::policy::Integration| matches!(&i.route, RouteRule::Prefix(p) if *p == [prefix.to_owned()]);
        policy.integrations.values().any(|i| is(i) && i.id.as_str() != id)
    };
    let prefix = std::iter::once(id.clone()).chain((2..).map(|n| format!("{id}-{n}"))).find(|p| !taken(p));
    let prefix = format!("/{}", prefix.unwrap_or_default());
    let head = Head {
        prefix: &prefix,
        id: &id,
        app,
        destination: &destination,
        upstream: &upstream,
        from: &from,
        proposal: proposal.as_deref(),
    };
    let (text, proposed) = draft::write(&head, &operations, &policy.categories);
    Ok(Drafted { id, prefix, text, from, proposed, proposal, destination, operations, bodies, left_out })
}

type Taken = (Vec<OperationDraft>, Vec<Vec<u8>>, Option<String>, usize, String);

fn described(path: &Path) -> Result<Taken, Failure> {
    let bytes = bytes(path)?;
    let described =
        openapi::read(&bytes).map_err(|why| Failure::new(Exit::Usage, format!("{}: {why}", path.display())))?;
    let from = format!("an OpenAPI document (operations: {})", described.operations.len());
    Ok((described.operations, Vec::new(), described.server, described.left_out, from))
}

fn sampled(paths: &[PathBuf]) -> Result<Taken, Failure> {
    let mut all: Option<Samples> = None;
    for (i, path) in paths.iter().enumerate() {
        let wrong = |why: String| Failure::new(Exit::Usage, format!("{}: {why}", path.display()));
        let bytes = bytes(path)?;
        let sent = recording::recorded(&bytes).unwrap_or_else(|| Ok(vec![Sent::alone(bytes)])).map_err(wrong)?;
        for sent in sent {
            let entry = sent.entry.map_or_else(String::new, |entry| format!("the body of entry {entry}: "));
            let sample = read::read(sent).map_err(|why| wrong(format!("{entry}{why}")))?;
            match &mut all {
                Some(all) if all.media == sample.media => all.extend(sample),
                Some(all) => {
                    let why = format!("sample {} is {}, and those before it are {}", i + 1, sample.media, all.media);
                    return Err(wrong(format!("{why}\n  mend: draft an operation for each kind of body by itself")));
                }
                None => all = Some(sample),
            }
        }
    }
    let Some(samples) = all else { return Err(Failure::new(Exit::Usage, "name a sample, or - for standard input")) };
    let mut shape = Shape { flat: samples.format.is_flat(), strict: samples.sideways, ..Shape::default() };
    samples.documents.iter().for_each(|d| d.add_to(&mut shape));
    shape.settle();
    let many = |n: usize, what: &str| if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") };
    let from =
        format!("{} ({}, {})", many(samples.bodies.len(), "sample"), samples.media, many(shape.documents, "document"));
    let (action, mut todo) = xml::action(&samples);
    let charset = samples.charsets.first().copied();
    todo.extend(charset.map(|charset| {
        format!("the samples are not in UTF-8: your case system has to say `charset={charset}` in its Content-Type")
    }));
    let operation = OperationDraft {
        id: "send".to_owned(),
        method: "POST".to_owned(),
        path: "/records".to_owned(),
        path_known: false,
        media: samples.media,
        format: samples.format,
        shape,
        action,
        charset,
        todo,
    };
    Ok((vec![operation], samples.bodies, None, 0, from))
}

fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|f| f.take(LARGEST + 1).read_to_end(&mut bytes))
    };
    read.map_err(|e| Failure::system(path, &e))?;
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::new(
            Exit::Usage,
            format!("{}: is larger than 64 MiB; a part of it is enough", path.display()),
        ));
    }
    Ok(bytes)
}

/// Never over anything.
fn write(directory: &Path, drafted: &Drafted) -> Result<PathBuf, Failure> {
    let path = directory.join("integrations").join(format!("{}.toml", drafted.id));
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => {
            let text =
                format!("{} exists already\n  mend: choose another --name; nothing is overwritten", path.display());
            Failure::new(Exit::Unavailable, text)
        }
        _ => Failure::system(&path, &e),
    })?;
    let done = file.write_all(drafted.text.as_bytes()).and_then(|()| file.sync_all());
    if let Err(error) = done {
        let _ = fs::remove_file(&path);
        return Err(Failure::system(&path, &error));
    }
    Ok(path)
}

/// A name as ids are written: small letters, digits and hyphens.
fn slug(text: &str) -> String {
    let words = names::words(text).join("-");
    let plain: String = words.chars().filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-').collect();
    let plain: String = plain.trim_matches('-').chars().take(48).collect();
    if plain.is_empty() { "operation".to_owned() } else { plain }
}
