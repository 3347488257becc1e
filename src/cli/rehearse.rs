//! `havengate rehearse`: what would become of recorded requests, or of a live copy of them. Nothing is sent: there
//! is no client here that could.

mod bench;
mod har;
mod live;
mod place;
mod recorded;
mod report;

use super::{Context, Exit, Failure, Printed};
use crate::{
    flow::{App, Host},
    gate::{keys::KeysError, reload::ReloadError},
    ledger::OpenError,
};
use bench::Bench;
use jiff::Timestamp;
use place::Map;
use recorded::Entry;
use report::{Report, Whence};
use std::{net::SocketAddr, path::PathBuf};

/// What `rehearse` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  havengate rehearse --app inform referrals.har
  havengate rehearse --app inform --without-consents referral.http other.http
  havengate rehearse --app inform --listen 127.0.0.1:8099

Make a HAR file with the developer tools of a browser: Network, then \"Save all as HAR with content\". It holds what
the browser sent, clients' data with it: keep it as you keep the case files, and delete it afterwards.

Ends with 1 when anything would be refused, is not covered or could not be judged.

--json prints one document: `judged_by` (gateway, record-book, no-consents), `requests` (`number`, `file`, `entry`,
`method`, `result`: leaves, stripped, refused, not-covered or not-judged; `direct`, `connection`, `operation`,
`recipient`, `fields`, `unlisted`, `step`, `code`, `detail`, `reasons`, `why`), `operations` (`connection`,
`operation`, `leaves`, `stripped`, `refused` by code), `not_covered`, `not_judged`, `skipped`.")]
pub struct Rehearse {
    /// The system that sends, as the configuration's callers are named
    #[arg(long)]
    app: App,
    /// A HAR 1.2 file, or a file with one HTTP/1.1 request, body included; line ends may be LF
    #[arg(value_name = "FILE", required_unless_present = "listen", conflicts_with = "listen")]
    files: Vec<PathBuf>,
    /// Judge every request that a mirroring proxy sends here, on this machine, until Ctrl-C
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = loopback)]
    listen: Option<SocketAddr>,
    /// Judge as if nobody had consented to anything and no stop were in force
    #[arg(long)]
    without_consents: bool,
    /// As if it were this moment [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// A name callers know the gateway by, where URLs in the recording have it. Repeat for each
    #[arg(long = "gateway", value_name = "HOST[:PORT]", value_parser = authority)]
    gateways: Vec<(Host, Option<u16>)>,
}

/// The copy is clients' data in clear: it stays on this machine.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| "write an address and a port, as 127.0.0.1:8099".to_owned())?;
    let here = address.ip().to_canonical().is_loopback();
    here.then_some(address).ok_or_else(|| "the copy is in clear: listen on this machine, as 127.0.0.1:8099".to_owned())
}

fn authority(text: &str) -> Result<(Host, Option<u16>), String> {
    Host::parse_authority(text).map_err(|e| e.to_string())
}

/// Carries it out.
pub(super) async fn run(args: Rehearse, context: &Context) -> Result<Printed, Failure> {
    let config = context.load()?;
    let bench = Bench::open(&config, args.app.clone(), args.at, args.without_consents).await?;
    let map = Map::new(bench.policy().clone(), args.app.clone(), &config.gateway.listen, args.gateways);
    if let Some(address) = args.listen {
        return live::listen(address, bench, map, &config.limits, context.json).await;
    }
    let mut report = Report::new(bench.source());
    for (file, path) in args.files.iter().enumerate() {
        let entries = recorded::read(path, &config.limits)?;
        for (entry, recorded) in entries.into_iter().enumerate() {
            let whence = Whence { file: Some(file), entry: entry + 1 };
            match recorded {
                Entry::Skipped => report.skip(),
                Entry::Unreadable(why) => report.add_unreadable(whence, why),
                Entry::Request(request) => {
                    let judged = bench.rehearse(&map, &request).await;
                    report.add(whence, &request.method, judged);
                }
            }
        }
    }
    let files: Vec<String> = args.files.iter().map(|f| f.display().to_string()).collect();
    Ok(report.printed(&files))
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let exit = match &error {
            OpenError::Missing(_) | OpenError::Held(_) | OpenError::Unwritable { .. } => Exit::Unavailable,
            _ => Exit::Ledger,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<KeysError> for Failure {
    fn from(error: KeysError) -> Self {
        Self::new(Exit::Configuration, error.to_string())
    }
}

impl Failure {
    /// Policies that cannot be used, for a command that changes none.
    fn of_policies(error: &ReloadError) -> Self {
        let text = match error {
            ReloadError::Invalid(_) => "the policy set is invalid\n  mend: run `havengate check`".to_owned(),
            other => other.to_string(),
        };
        Self::new(Exit::Configuration, text)
    }
}
