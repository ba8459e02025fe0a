# SPDX-License-Identifier: MIT
"""A window of Qt widgets as the toolkit draws them: an entry, a button, and a field that shows the colour
which is typed, or white when the button is clicked. The argument is PyQt5 or PyQt6."""

import importlib
import sys

widgets = importlib.import_module(sys.argv[1] + '.QtWidgets')
application = widgets.QApplication(sys.argv[:1])
window = widgets.QWidget()
layout = widgets.QGridLayout(window)
entry = widgets.QLineEdit()
entry.setFixedHeight(40)
button = widgets.QPushButton('Make it white')
button.setFixedHeight(40)
field = widgets.QLabel()
field.setStyleSheet('background: #204060')
entry.textChanged.connect(lambda text: field.setStyleSheet(f'background: {text}'))
button.clicked.connect(lambda: field.setStyleSheet('background: white'))
layout.addWidget(entry, 0, 0)
layout.addWidget(button, 0, 1)
layout.addWidget(field, 1, 0, 1, 2)
window.setWindowTitle(sys.argv[1])
window.show()
sys.exit(application.exec() if hasattr(application, 'exec') else application.exec_())
