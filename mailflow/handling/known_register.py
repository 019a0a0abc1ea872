"""The register as one mail needs it: each look-up is asked once, however many rules want to know."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from mailflow.policy.register import Contact, Contract, Device
from mailflow.store import register


class KnownRegister:
    """Lives as long as one transaction's mail, deadline or command; the register does not change meanwhile."""

    def __init__(self, c: Connection) -> None:
        self._c = c
        self._contracts: dict[str, Contract | None] = {}
        self._contacts_of: dict[str, tuple[Contact, ...]] = {}
        self._by_address: dict[str, tuple[Contact, ...]] = {}
        self._by_domain: dict[str, tuple[Contract, ...]] = {}
        self._devices: dict[str, Device | None] = {}

    def contract(self, number: str) -> Contract | None:
        """By number, in whatever case the letters are written; None for an unknown one."""
        if number not in self._contracts:
            self._contracts[number] = register.find_contract(self._c, number) if number else None
        return self._contracts[number]

    def contacts_of(self, contract: str) -> tuple[Contact, ...]:
        """The contacts of a contract, in the register's order."""
        if contract not in self._contacts_of:
            self._contacts_of[contract] = register.contacts_of(self._c, contract)
        return self._contacts_of[contract]

    def contacts_with(self, address: str) -> tuple[Contact, ...]:
        """An address's entries, one a contract."""
        if address not in self._by_address:
            self._by_address[address] = register.find_contact(self._c, address)
        return self._by_address[address]

    def contracts_of_domain(self, domain: str) -> tuple[Contract, ...]:
        """Contracts whose company writes from the domain."""
        if domain not in self._by_domain:
            found = register.contracts_for_domain(self._c, domain) if domain else ()
            self._by_domain[domain] = found
            self._contracts.update({contract.number: contract for contract in found})
        return self._by_domain[domain]

    def devices(self, serials: Iterable[str]) -> dict[str, Device]:
        """Serial as asked to its device, those of the register only."""
        asked = tuple(dict.fromkeys(serials))
        if new := [serial for serial in asked if serial not in self._devices]:
            found = register.find_devices(self._c, new)
            self._devices.update({serial: found.get(serial) for serial in new})
        return {serial: device for serial in asked if (device := self._devices[serial]) is not None}

    def is_known(self, address: str) -> bool:
        """An address whose contact or domain stands in a contract, or whose domain is a partner's."""
        domain = address.rpartition("@")[2]
        return bool(self.contracts_of_domain(domain) or self.contacts_with(address) or register.find_partner(self._c, domain))

    def speaks_for(self, contract: Contract, address: str) -> bool:
        """Of the contract's domains, or one of its contacts."""
        domain = address.rpartition("@")[2]
        return domain in contract.domains or any(contact.contract == contract.number for contact in self.contacts_with(address))
