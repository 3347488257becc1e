//! What `deploy/` ships: the unit is sound and hardened, the container runs without privilege, and the firewall makes
//! the way round the gateway fail, tried with real connections between network namespaces made here.
//!
//! A tool that is not on this machine is said and its test passes over; `tests/run` installs them where it can.

#[cfg(test)]
mod bypass;
#[cfg(test)]
mod edge;

#[cfg(test)]
mod tests {
    use std::{fs, path::Path, process::Command};

    fn deploy(name: &str) -> String {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)).unwrap()
    }

    #[test]
    fn the_unit_is_sound_and_hardened() {
        if Command::new("systemd-analyze").arg("--version").output().is_err() {
            println!("skipped: systemd-analyze is not here");
            return;
        }
        let home = tempfile::tempdir().unwrap();
        let unit = home.path().join("havengate.service");
        // The program is not installed here, so the unit is judged with the one that was just built.
        fs::write(&unit, deploy("havengate.service").replace("/usr/bin/havengate", env!("CARGO_BIN_EXE_havengate")))
            .unwrap();
        let verify = Command::new("systemd-analyze").arg("verify").arg(&unit).output().unwrap();
        let said = String::from_utf8_lossy(&verify.stderr).into_owned();
        assert!(verify.status.success() && !said.contains("havengate.service"), "{said}");

        let security = Command::new("systemd-analyze")
            .args(["security", "--offline=true", "--threshold=15", "--no-pager"])
            .arg(&unit)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&security.stdout).into_owned() + &String::from_utf8_lossy(&security.stderr);
        if said.contains("unrecognized option") {
            println!("skipped: this systemd-analyze judges no files");
            return;
        }
        assert!(security.status.success(), "{said}");
    }

    #[test]
    fn the_unit_says_what_the_program_relies_on() {
        let unit = deploy("havengate.service");
        for line in [
            "Type=notify",
            "LimitCORE=0",
            "MemorySwapMax=0",
            "User=havengate",
            "UMask=0077",
            "ProtectSystem=strict",
            "CapabilityBoundingSet=",
            "RestartPreventExitStatus=2 3 4",
        ] {
            assert!(unit.lines().any(|l| l == line), "{line}");
        }
        assert!(deploy("havengate.sysusers").lines().any(|l| l.starts_with("u havengate ")));
    }

    #[test]
    fn the_container_runs_as_nobody_from_a_locked_build() {
        let file = deploy("Containerfile");
        let last = file.rsplit("\nFROM ").next().unwrap();
        assert!(last.lines().any(|l| l.starts_with("USER 65532")), "{last}");
        assert!(file.contains("cargo build --locked"), "{file}");
        let unpinned =
            file.lines().filter(|l| l.starts_with("FROM ")).any(|l| l.contains(":latest") || !l.contains(':'));
        assert!(!unpinned, "{file}");
    }
}
