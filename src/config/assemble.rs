//! Known keys into a [`Config`]: each value, and then what must hold between values.

use super::{
    Config, Gateway, Limits, Operations, Override, Panel, Tls, callers,
    fault::{Fault, Faults, Place, shown},
    notify,
    read::{self, Expected, Reader},
    source::{Given, Source},
};
use crate::flow::Host;
use std::{collections::BTreeMap, net::IpAddr, path::Path};

/// Everything that was given, as a configuration or as all that is wrong with it.
pub(super) fn config(source: Source, home: &Path) -> Result<Config, Faults> {
    let Source { given, resolve, tls: tls_section, callers, webhooks, faults } = source;
    let mut r = Reader { home, given, faults };
    let tls = tls(&mut r, tls_section);
    let gateway = gateway(&mut r, resolve, tls);
    let operations = Operations { listen: r.read("operations.listen", read::address) };
    let panel = panel(&mut r);
    let notify = notify::read(&mut r, webhooks);
    let policies = r.path("policies.directory");
    let ledger = r.read("ledger.url", read::ledger).map(|p| home.join(p));
    let keys = r.path("keys.directory");
    let limits = limits(&mut r);
    let spool = r.path("limits.spool").unwrap_or_else(|| home.to_owned());
    let log = r.read("log.filter", read::filter);
    let tls_of = gateway.as_ref().and_then(|g| g.tls.as_ref());
    let callers = callers::read(&mut r, callers, tls_of);
    if let Some(gateway) = &gateway {
        together(&mut r, gateway, &operations);
    }

    let config = (|| {
        let (gateway, limits) = (gateway?, limits?);
        let (policies, ledger, keys, log) = (policies?, ledger?, keys?, log?);
        let home = home.to_owned();
        let notify = notify?;
        Some(Config { home, gateway, operations, panel, notify, policies, ledger, keys, spool, limits, log, callers })
    })();
    match (config, Faults::from_vec(std::mem::take(&mut r.faults))) {
        (Some(config), None) => Ok(config),
        (_, Some(faults)) => Err(faults),
        // A default that cannot be read: a fault of ours, found by the tests of this room.
        (None, None) => Err(Faults::from(Fault {
            place: Place::File(home.to_owned()),
            key: None,
            message: "a default cannot be read".to_owned(),
            mend: "tell us; meanwhile write every key that the template shows".to_owned(),
        })),
    }
}

fn gateway(r: &mut Reader<'_>, resolve: Vec<(String, Given)>, tls: Option<Tls>) -> Option<Gateway> {
    let name = r.read("gateway.name", read::name);
    let audience = r.read("gateway.audience", read::audience);
    let listen = r.read("gateway.listen", read::addresses);
    let dns = r.read("gateway.dns", read::addresses);
    let upstream_roots = r.path("gateway.upstream_roots");
    let resolve = overrides(r, resolve);
    let audience_given = r.given.contains_key("gateway.audience");
    let name = name?;
    let audience = match audience {
        Some(audience) => audience,
        None if audience_given => return None,
        None => format!("urn:havengate:gateway:{name}"),
    };
    Some(Gateway { name, audience, listen: listen?, tls, resolve, dns: dns?, upstream_roots })
}

fn tls(r: &mut Reader<'_>, section: Option<Place>) -> Option<Tls> {
    let certificate = r.path("gateway.tls.certificate");
    let key = r.path("gateway.tls.key");
    let client_roots = r.path("gateway.tls.client_roots");
    let given = ["gateway.tls.certificate", "gateway.tls.key", "gateway.tls.client_roots"];
    let place = section.or_else(|| given.iter().find_map(|k| r.place(k)))?;
    for path in ["gateway.tls.certificate", "gateway.tls.key"] {
        if r.place(path).is_none() {
            let mend = "write certificate and key, or remove [gateway.tls] and all its keys";
            r.fault(place.clone(), path, "is missing: TLS needs a certificate and its key", mend);
        }
    }
    Some(Tls { certificate: certificate?, key: key?, client_roots })
}

/// The panel's pages, where `panel.listen` asks for them.
fn panel(r: &mut Reader<'_>) -> Option<Panel> {
    let listen = r.read("panel.listen", read::address);
    let url = r.read("panel.url", read::origin);
    let organisation = r.read("panel.organisation", read::words);
    let clients = r.read("panel.clients", read::count);
    let tls = (r.path("panel.certificate"), r.path("panel.key"));
    let place = r.place("panel.listen")?;
    for (path, mend) in [
        ("panel.url", "write the address that people type, such as url = \"https://panel.charity.example\""),
        ("panel.clients", "write about how many clients you work with in a year, such as clients = 400"),
    ] {
        if r.place(path).is_none() {
            r.fault(place.clone(), path, "is missing", mend);
        }
    }
    let tls = match tls {
        (Some(certificate), Some(key)) => Some(Tls { certificate, key, client_roots: None }),
        (None, None) => None,
        _ => {
            r.fault(place, "panel", "has a certificate or a key without the other", "write both, or neither");
            return None;
        }
    };
    let (listen, url) = (listen?, url?);
    if tls.is_none() && !listen.ip().is_loopback() {
        let mend = "set panel.certificate and panel.key, or listen at 127.0.0.1 behind a proxy that has them";
        r.fault(place, "panel.listen", "is reachable from other machines in clear", mend);
        return None;
    }
    Some(Panel { listen, url, organisation: organisation.unwrap_or_default(), clients: clients?, tls })
}

fn overrides(r: &mut Reader<'_>, resolve: Vec<(String, Given)>) -> BTreeMap<Host, Override> {
    let mut map = BTreeMap::new();
    for (name, given) in resolve {
        let key = format!("gateway.resolve.{}", shown(&name));
        let place = given.place.clone();
        let host = match Host::parse(&name) {
            Ok(host @ Host::Name(_)) => host,
            _ => {
                let mend = "write \"refer.riverside.example\" = \"127.0.0.1:8443\"";
                r.fault(place, &key, "the key is not a host name alone", mend);
                continue;
            }
        };
        match read::text(&given).and_then(override_of) {
            Ok(value) => {
                if map.insert(host, value).is_some() {
                    r.fault(place, &key, "another spelling of this name stands above", "keep one of them");
                }
            }
            Err(Expected(message, mend)) => r.fault(place, &key, &message, &mend),
        }
    }
    map
}

fn override_of(text: &str) -> Result<Override, Expected> {
    let expected = || {
        let mend = "write one such as \"10.0.0.5\", \"127.0.0.1:8443\" or \"[::1]:8443\"";
        Expected("expected an IP address with or without a port".to_owned(), mend.to_owned())
    };
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(Override { address: address.to_canonical(), port: None });
    }
    let socket: std::net::SocketAddr = text.parse().map_err(|_| expected())?;
    if socket.port() == 0 {
        return Err(expected());
    }
    Ok(Override { address: socket.ip().to_canonical(), port: Some(socket.port()) })
}

fn limits(r: &mut Reader<'_>) -> Option<Limits> {
    let (head, body) = (r.read("limits.head", read::size), r.read("limits.body", read::size));
    let (record, headers) = (r.read("limits.record", read::size), r.read("limits.headers", read::count));
    let (depth, members) = (r.read("limits.depth", read::count), r.read("limits.members", read::count));
    let people = r.read("limits.people", read::count);
    let (connections, requests) = (r.read("limits.connections", read::count), r.read("limits.requests", read::count));
    let (head_time, idle_time) = (r.read("limits.head_time", read::time), r.read("limits.idle_time", read::time));
    let (body_time, connect_time) = (r.read("limits.body_time", read::time), r.read("limits.connect_time", read::time));
    let (upstream_time, drain_time) =
        (r.read("limits.upstream_time", read::time), r.read("limits.drain_time", read::time));
    let ledger_time = r.read("limits.ledger_time", read::time);
    let (spool_total, memory) = (r.read("limits.spool_total", read::size), r.read("limits.memory", read::size));
    if let (Some(record), Some(body)) = (record, body)
        && record > body
        && let Some(place) = r.place("limits.record").or_else(|| r.place("limits.body"))
    {
        let mend = "raise limits.body or lower limits.record";
        r.fault(place, "limits.record", "one record may be larger than the whole body", mend);
    }
    Some(Limits {
        head: head?,
        headers: headers?,
        body: body?,
        record: record?,
        depth: depth?,
        members: members?,
        people: people?,
        connections: connections?,
        requests: requests?,
        head_time: head_time?,
        idle_time: idle_time?,
        body_time: body_time?,
        connect_time: connect_time?,
        upstream_time: upstream_time?,
        drain_time: drain_time?,
        ledger_time: ledger_time?,
        spool_total: spool_total?,
        memory: memory?,
    })
}

/// What must hold between values.
fn together(r: &mut Reader<'_>, gateway: &Gateway, operations: &Operations) {
    if gateway.listen.is_empty()
        && let Some(place) = r.place("gateway.listen")
    {
        r.fault(place, "gateway.listen", "nobody could call", "write at least one address");
    }
    if let Some(listen) = operations.listen
        && listen.port() != 0
        && gateway.listen.contains(&listen)
        && let Some(place) = r.place("operations.listen")
    {
        r.fault(place, "operations.listen", "is the gateway's own address", "choose another port");
    }
}
