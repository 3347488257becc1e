//! Three machines on one: a case system, the gateway's machine as its router, and the world.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Command, Output},
    thread,
};

/// Network namespaces with an address each, taken down again at the end.
pub(super) struct Edge {
    case: String,
    gate: String,
    world: String,
}

/// Where a connection starts.
#[derive(Debug, Clone, Copy)]
pub(super) enum From {
    /// The case system's machine.
    Case,
    /// A machine beyond the gateway's.
    World,
    /// The gateway's machine, as this user.
    Gate(u32),
}

impl Edge {
    /// `Err` says why there can be none here.
    pub(super) fn new() -> Result<Self, String> {
        for tool in ["ip", "nft", "setpriv", "bash", "timeout"] {
            Command::new(tool).arg("--version").output().map_err(|_| format!("{tool} is not here"))?;
        }
        let id = std::process::id();
        let edge = Self { case: format!("hgc{id}"), gate: format!("hgg{id}"), world: format!("hgw{id}") };
        for name in [&edge.case, &edge.gate, &edge.world] {
            ip(&format!("netns add {name}"))?;
            ip(&format!("-n {name} link set lo up"))?;
        }
        edge.wire(&edge.case, "10.77.0.2", "10.77.0.1")?;
        edge.wire(&edge.world, "10.78.0.2", "10.78.0.1")?;
        let route = "echo 1 > /proc/sys/net/ipv4/ip_forward";
        run(Command::new("ip").args(["netns", "exec", &edge.gate, "bash", "-c", route]))?;
        Ok(edge)
    }

    /// A cable from a machine to the gateway's, which is its router.
    fn wire(&self, to: &str, there: &str, here: &str) -> Result<(), String> {
        let cable = format!("v{to}");
        ip(&format!("link add {cable} netns {} type veth peer name eth0 netns {to}", self.gate))?;
        ip(&format!("-n {} address add {here}/24 dev {cable}", self.gate))?;
        ip(&format!("-n {} link set {cable} up", self.gate))?;
        ip(&format!("-n {to} address add {there}/24 dev eth0"))?;
        ip(&format!("-n {to} link set eth0 up"))?;
        ip(&format!("-n {to} route add default via {here}"))
    }

    /// Loads a ruleset on the gateway's machine.
    pub(super) fn load(&self, rules: &Path) -> Result<(), String> {
        run(Command::new("ip").args(["netns", "exec", &self.gate, "nft", "-f"]).arg(rules)).map(|_| ())
    }

    /// A counter of the gateway's machine.
    pub(super) fn counter(&self, name: &str) -> String {
        let list = ["netns", "exec", &self.gate, "nft", "list", "counter", "inet", "havengate", name];
        run(Command::new("ip").args(list)).map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default()
    }

    /// Somebody who listens, on the gateway's machine or in the world.
    pub(super) fn listen(&self, in_the_world: bool, at: &str) -> TcpListener {
        let name = if in_the_world { &self.world } else { &self.gate };
        let (file, at): (_, SocketAddr) = (format!("/run/netns/{name}"), at.parse().unwrap());
        // A thread of its own, because a thread that has moved into a namespace stays there.
        let bound = thread::spawn(move || {
            let namespace = fs::File::open(file).unwrap();
            let network = Some(rustix::thread::LinkNameSpaceType::Network);
            rustix::thread::move_into_link_name_space(std::os::fd::AsFd::as_fd(&namespace), network).unwrap();
            TcpListener::bind(at).unwrap()
        });
        bound.join().unwrap()
    }

    /// Whether a connection opens within two seconds.
    pub(super) fn connects(&self, from: From, to: &str) -> bool {
        let (host, port) = to.rsplit_once(':').unwrap();
        let (name, user) = match from {
            From::Case => (&self.case, 1000),
            From::World => (&self.world, 1000),
            From::Gate(user) => (&self.gate, user),
        };
        let mut command = Command::new("ip");
        command.args(["netns", "exec", name, "setpriv", "--reuid", &user.to_string(), "--clear-groups"]);
        command.args(["timeout", "2", "bash", "-c", &format!("exec 3<>/dev/tcp/{host}/{port}")]);
        command.output().unwrap().status.success()
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        for name in [&self.case, &self.gate, &self.world] {
            let _ = ip(&format!("netns delete {name}"));
        }
    }
}

fn ip(arguments: &str) -> Result<(), String> {
    run(Command::new("ip").args(arguments.split(' '))).map(|_| ())
}

fn run(command: &mut Command) -> Result<Output, String> {
    let output = command.output().map_err(|e| e.to_string())?;
    if output.status.success() {
        return Ok(output);
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)))
}
