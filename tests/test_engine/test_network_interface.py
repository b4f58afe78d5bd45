"""Of this machine's interfaces, and without sending anything."""

import os
import socket

import pytest

from mmssl.engine import network_interface
from mmssl.engine.network_interface import gloo_interface, interface_towards


@pytest.mark.parametrize('address', ['127.0.0.1', 'localhost', '127.0.1.1'])
def test_interface__of_this_machine(address):
    assert interface_towards(address) == 'lo'


def test_address__of_interfaces_with_and_without_one():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        assert network_interface._address_of('lo', probe) == '127.0.0.1'
        assert network_interface._address_of('no-such', probe) is None


def test_interface__cannot_be_found_out(monkeypatch):
    def no_such_name(self, address):
        raise socket.gaierror('no such name')

    monkeypatch.setattr(socket.socket, 'connect', no_such_name)
    assert interface_towards('node-that-is-not') is None
    monkeypatch.delenv('GLOO_SOCKET_IFNAME', raising=False)
    with gloo_interface('node-that-is-not'):
        assert 'GLOO_SOCKET_IFNAME' not in os.environ


def test_set__only_where_nobody_else_has(monkeypatch):
    monkeypatch.setenv('GLOO_SOCKET_IFNAME', 'mine')
    with gloo_interface('127.0.0.1'):
        assert os.environ['GLOO_SOCKET_IFNAME'] == 'mine'
    assert os.environ['GLOO_SOCKET_IFNAME'] == 'mine'
    monkeypatch.delenv('GLOO_SOCKET_IFNAME')
    with gloo_interface('127.0.0.1'):
        assert os.environ['GLOO_SOCKET_IFNAME'] == 'lo'
    # it would keep two machines apart that this process starts on later
    assert 'GLOO_SOCKET_IFNAME' not in os.environ
