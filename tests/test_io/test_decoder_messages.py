"""Lines of decoders on stderr: collected, or passed on."""

import os
import threading

import pytest

from mmssl.io.decoder_messages import decoder_messages


def test_messages__of_a_decoder_are_collected(capfd):
    with decoder_messages() as messages:
        os.write(2, b'Corrupt JPEG data: bad Huffman code\n')
    assert messages.damage == 'Corrupt JPEG data: bad Huffman code'
    assert messages.last == messages.damage
    assert capfd.readouterr().err == ''


def test_messages__of_others_are_passed_on(capfd):
    with decoder_messages() as messages:
        os.write(2, b'loss is 3\nlibpng error: bad\nsaved\n')
    assert messages.lines == ['libpng error: bad']
    assert messages.damage == ''
    assert capfd.readouterr().err == 'loss is 3\nsaved\n'


@pytest.mark.parametrize(
    ('line', 'damage'),
    [
        ('Corrupt JPEG data: 3 extraneous bytes before marker 0xd9', False),
        ('Corrupt JPEG data: 3 extraneous bytes before marker 0xd0', True),
        ('Corrupt JPEG data: premature end of data segment', True),
        ('Premature end of JPEG file', True),
        ('Warning: unknown JFIF revision number 9.01', False),
    ],
)
def test_damage__is_what_spoils_the_picture(line, damage):
    with decoder_messages() as messages:
        os.write(2, line.encode() + b'\n')
    assert bool(messages.damage) == damage
    assert messages.lines == [line]


def test_messages__without_time_and_place():
    text = b'[ WARN:0@1.689] global grfmt_png.cpp:793 read PNG is short\n'
    with decoder_messages() as messages:
        os.write(2, text)
    assert messages.last == 'PNG is short'


def test_stderr__is_back_after_an_error(capfd):
    with pytest.raises(RuntimeError), decoder_messages():
        raise RuntimeError
    os.write(2, b'here')
    assert capfd.readouterr().err == 'here'


def test_fork__while_another_thread_decodes():
    """The child must not wait for a lock that nobody there holds."""
    inside, go_on = threading.Event(), threading.Event()

    def decode():
        with decoder_messages():
            inside.set()
            go_on.wait(20)

    thread = threading.Thread(target=decode)
    thread.start()
    inside.wait(20)
    child = os.fork()
    if not child:
        with decoder_messages():
            os._exit(7)
    go_on.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
