//! Certificate policies along a chain of two CAs, in every combination of what each of them says.

use super::cases::World;
use super::forge::{Forge, cn};

const A: &str = "1.2.3.1";
const B: &str = "1.2.3.2";
const ANY: &str = "2.5.29.32.0";

pub fn policies(world: &mut World) {
    let root = world.root(1, "root").sign(world.key(1));
    type Change = fn(Forge) -> Forge;
    let first: [(&str, Change); 10] = [
        ("nothing", |forge| forge),
        ("A", |forge| forge.policies(false, &[A])),
        ("A, required", |forge| {
            forge.policies(true, &[A]).policy_constraints(Some(0), None)
        }),
        ("any, required", |forge| {
            forge.policies(true, &[ANY]).policy_constraints(Some(0), None)
        }),
        ("required", |forge| forge.policy_constraints(Some(0), None)),
        ("required later", |forge| {
            forge.policies(false, &[A]).policy_constraints(Some(1), None)
        }),
        ("A to B", |forge| {
            forge
                .policies(false, &[A])
                .mappings(&[(A, B)])
                .policy_constraints(Some(0), None)
        }),
        ("A to B, not mapped on", |forge| {
            forge
                .policies(false, &[A])
                .mappings(&[(A, B)])
                .policy_constraints(Some(0), Some(0))
        }),
        ("any, inhibited", |forge| {
            forge
                .policies(false, &[ANY])
                .inhibit_any(0)
                .policy_constraints(Some(0), None)
        }),
        ("any to B", |forge| {
            forge.policies(false, &[ANY]).mappings(&[(ANY, B)])
        }),
    ];
    let second: [(&str, Change); 8] = [
        ("nothing", |forge| forge),
        ("A", |forge| forge.policies(false, &[A])),
        ("B", |forge| forge.policies(false, &[B])),
        ("any", |forge| forge.policies(false, &[ANY])),
        ("A and B", |forge| forge.policies(false, &[A, B])),
        ("A to B", |forge| {
            forge.policies(false, &[A, B]).mappings(&[(A, B)])
        }),
        ("any, A to B", |forge| {
            forge.policies(false, &[ANY]).mappings(&[(A, B), (B, A)])
        }),
        ("required", |forge| {
            forge.policies(false, &[A]).policy_constraints(Some(0), Some(0))
        }),
    ];
    let last: [(&str, Change); 5] = [
        ("nothing", |forge| forge),
        ("A", |forge| forge.policies(false, &[A])),
        ("B", |forge| forge.policies(false, &[B])),
        ("any", |forge| forge.policies(true, &[ANY])),
        ("required", |forge| forge.policy_constraints(Some(0), None)),
    ];
    for (first_name, first) in first {
        let a = first(world.intermediate(4, "a", "root")).sign(world.key(1));
        for (second_name, second) in second {
            let b = second(world.intermediate(5, "b", "a")).sign(world.key(4));
            let own = second(Forge::new(&cn("a"), world.key(5), &cn("a")).ca(None)).sign(world.key(4));
            for (last_name, last) in last {
                let leaf = last(world.leaf("b")).sign(world.key(5));
                let name = format!("policy: {first_name} / {second_name} / {last_name}");
                world.add(&name, &[&leaf, &b, &a], &[&root]);
                let leaf = last(world.leaf("a")).sign(world.key(5));
                world.add(&format!("{name}, self-issued"), &[&leaf, &own, &a], &[&root]);
            }
        }
    }
    let leaf = |forge: Forge| forge.sign(&super::forge::Key::new(5));
    for (name, value) in [
        ("negative", &[2_u8, 1, 0xfe][..]),
        ("no integer", &[4, 0]),
        ("minus one", &[2, 1, 0xff]),
    ] {
        for critical in [true, false] {
            let a = world
                .intermediate(4, "a", "root")
                .extension("2.5.29.54", critical, value)
                .sign(world.key(1));
            let leaf = leaf(world.leaf("a"));
            world.add(
                &format!("policy: inhibitAnyPolicy {name}, critical {critical}"),
                &[&leaf, &a],
                &[&root],
            );
        }
    }
}
